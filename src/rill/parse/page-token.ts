import type { Violations } from "../../core/violations.js";

/** Where a page begins, as the server wrote it into the token of the page before: texts and whole numbers. */
export type PagePlace = readonly (string | number)[];

const MAX_TOKEN_BYTES = 512;

/** A token that callers hand back as it is. It holds no secret and gives no right: whoever changes one gets another page of his own list. */
export function writePageToken(place: PagePlace): string {
  return Buffer.from(JSON.stringify(place)).toString("base64url");
}

/** undefined: none was given, or it is none of the server's, which is a violation. */
export function parsePageToken<Place extends PagePlace>(
  token: string | undefined,
  isPlace: (place: PagePlace) => place is Place,
  violations: Violations,
): Place | undefined {
  if (token === undefined) return undefined;
  const place = token.length > MAX_TOKEN_BYTES ? undefined : tryRead(token);
  if (place !== undefined && isPlace(place)) return place;
  violations.add("page_token", "is not the next_page_token of a page of this list");
  return undefined;
}

function tryRead(token: string): PagePlace | undefined {
  try {
    const place: unknown = JSON.parse(Buffer.from(token, "base64url").toString());
    return Array.isArray(place) ? (place as PagePlace) : undefined;
  } catch {
    return undefined;
  }
}
