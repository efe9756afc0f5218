const ELLIPSIS = "…";

/**
 * Makes a text safe for a status or a log. Lone surrogates become U+FFFD, since grpc-js throws on them and the client hangs. A text of more than
 * `maxBytes` in UTF-8 is cut between two code points and ends with an ellipsis.
 */
export function wellFormedText(text: string, maxBytes: number): string {
  // A UTF-16 unit takes at least one byte, so the rest of a huge text need not be encoded.
  const bytes = Buffer.from(text.slice(0, maxBytes + 1));
  if (bytes.length <= maxBytes) return bytes.toString();
  let end = Math.max(maxBytes - Buffer.byteLength(ELLIPSIS), 0);
  while (end > 0 && isContinuation(bytes[end])) end--;
  return bytes.toString("utf8", 0, end) + ELLIPSIS;
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
