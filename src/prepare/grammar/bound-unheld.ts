import type { UnheldKeyword } from "../../core/output-format.js";

/** The most keywords that a response lists. 256 tools may each have one. */
const MAX_LISTED = 512;
/** The most UTF-8 bytes of their fields, pointers and descriptions together. */
const MAX_LISTED_BYTES = 64 * 1024;

/** The first keywords within the bounds of a response. If some are left out, a last entry without field and pointer says how many. */
export function boundUnheld(keywords: readonly UnheldKeyword[]): readonly UnheldKeyword[] {
  let bytes = 0;
  const listed = keywords.slice(0, MAX_LISTED).filter((keyword) => {
    const more = bytesOf(keyword);
    if (bytes + more > MAX_LISTED_BYTES) return false;
    bytes += more;
    return true;
  });
  const more = keywords.length - listed.length;
  if (more === 0) return keywords;
  return [...listed, { field: "", pointer: "", description: `${more} more keywords are not held` }];
}

function bytesOf({ field, pointer, description }: UnheldKeyword): number {
  return Buffer.byteLength(field) + Buffer.byteLength(pointer) + Buffer.byteLength(description);
}
