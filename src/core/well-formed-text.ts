const ELLIPSIS = "…";

/**
 * Text that is safe in a status or a log: lone surrogates become U+FFFD (grpc-js throws on them, and the client hangs), and what goes beyond
 * `maxBytes` of UTF-8 is cut between two code points and marked by an ellipsis.
 */
export function wellFormedText(text: string, maxBytes: number): string {
  // A UTF-16 unit is at least a byte: the rest of a huge text is never looked at.
  const bytes = Buffer.from(text.slice(0, maxBytes + 1));
  if (bytes.length <= maxBytes) return bytes.toString();
  let end = Math.max(maxBytes - Buffer.byteLength(ELLIPSIS), 0);
  while (end > 0 && isContinuation(bytes[end])) end--;
  return bytes.toString("utf8", 0, end) + ELLIPSIS;
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
