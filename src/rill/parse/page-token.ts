import type { Violations } from "../../core/generation-error.js";

/** The position at which a page begins, as the server wrote it into a page token: texts and whole numbers. */
export type PagePosition = readonly (string | number)[];

const MAX_TOKEN_BYTES = 512;

/**
 * Formats a page token, which callers return unchanged. It contains no secret and grants nothing: a changed one leads to another page of the same
 * caller's list.
 */
export function writePageToken(position: PagePosition): string {
  return Buffer.from(JSON.stringify(position)).toString("base64url");
}

/** Parses a page token. Returns undefined if none is given, or if the server did not create it, which is a violation. */
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
