import type { Violations } from "../../core/violations.js";

/** Where a page begins, as the server wrote it into the token of the page before: texts and whole numbers. */
export type PagePosition = readonly (string | number)[];

const MAX_TOKEN_BYTES = 512;

/** A token that callers hand back as it is. It holds no secret and gives no right: whoever changes one gets another page of his own list. */
export function writePageToken(position: PagePosition): string {
  return Buffer.from(JSON.stringify(position)).toString("base64url");
}

/** undefined: none was given, or it is none of the server's, which is a violation. */
export function parsePageToken<Position extends PagePosition>(
  token: string | undefined,
  isPosition: (position: PagePosition) => position is Position,
  violations: Violations,
): Position | undefined {
  if (token === undefined) return undefined;
  const position = token.length > MAX_TOKEN_BYTES ? undefined : tryRead(token);
  if (position !== undefined && isPosition(position)) return position;
  violations.add("page_token", "is not the next_page_token of a page of this list");
  return undefined;
}

function tryRead(token: string): PagePosition | undefined {
  try {
    const position: unknown = JSON.parse(Buffer.from(token, "base64url").toString());
    return Array.isArray(position) ? (position as PagePosition) : undefined;
  } catch {
    return undefined;
  }
}
