/** A copy with a buffer of its own: a view crosses the wall together with all that lies in its buffer. */
export function ownBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}
