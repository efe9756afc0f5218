import type { ListSessionsRequest, ListTurnsRequest } from "../../../generated/rill/v1/session_service.js";
import { Violations } from "../../core/generation-error.js";
import type { Limits } from "../../core/limits.js";
import { type DecodedRequest, readableMessage } from "../../grpc/contract/service-definition.js";
import type { ListSessions, ListTurns } from "../../sessions/session-store.js";
import { parseNumber } from "./parse-field.js";
import { parseRequiredId } from "./parse-session-requests.js";

const DEFAULT_PAGE_ENTRIES = 100;
/** The bytes of a response besides its entries. */
const RESPONSE_FRAME_BYTES = 1_024;

/** The most bytes of a page token that is read. */
const MAX_TOKEN_BYTES = 512;

/** The position at which a page begins, as the server wrote it into a page token: texts and whole numbers. */
type PagePosition = readonly (string | number)[];

/**
 * Parses a request of ListSessions.
 * @throws GenerationError UNDECODABLE_MESSAGE, INVALID_REQUEST
 */
export function parseListSessions(
  request: DecodedRequest<ListSessionsRequest>,
  limits: Limits,
): Omit<ListSessions, "owner"> {
  const { pageSize, pageToken } = readableMessage(request);
  const violations = new Violations();
  const bounds = pageBounds(pageSize, limits, violations);
  const position = parsePageToken(pageToken, isSessionPosition, violations);
  violations.throwIfAny();
  return { ...bounds, after: position === undefined ? undefined : { createdMs: position[0], sessionId: position[1] } };
}

export function parseListTurns(request: DecodedRequest<ListTurnsRequest>, limits: Limits): Omit<ListTurns, "owner"> {
  const { sessionId, pageSize, pageToken } = readableMessage(request);
  const violations = new Violations();
  const parsed = {
    sessionId: parseRequiredId(sessionId, limits, violations),
    ...pageBounds(pageSize, limits, violations),
    afterNumber: parsePageToken(pageToken, isTurnPosition, violations)?.[0] ?? 0,
  };
  violations.throwIfAny();
  return parsed;
}

function pageBounds(
  pageSize: number | undefined,
  limits: Limits,
  violations: Violations,
): { readonly maxEntries: number; readonly maxBytes: number } {
  const fallback = Math.min(DEFAULT_PAGE_ENTRIES, limits.pageEntries);
  const number = { field: "page_size", value: pageSize, fallback, min: 1, max: limits.pageEntries };
  return { maxEntries: parseNumber(number, violations), maxBytes: limits.messageBytes - RESPONSE_FRAME_BYTES };
}

function isSessionPosition(position: PagePosition): position is readonly [createdMs: number, sessionId: string] {
  const [createdMs, sessionId] = position;
  return position.length === 2 && Number.isSafeInteger(createdMs) && typeof sessionId === "string";
}

function isTurnPosition(position: PagePosition): position is readonly [number: number] {
  const [number] = position;
  return (
    position.length === 1 && typeof number === "number" && number >= 1 && number <= 0xffff_ffff && number % 1 === 0
  );
}

/**
 * Formats a page token, which callers return unchanged. It contains no secret and grants nothing: a changed one leads to another page of the same
 * caller's list.
 */
export function writePageToken(position: PagePosition): string {
  return Buffer.from(JSON.stringify(position)).toString("base64url");
}

/** Parses a page token. Returns undefined if none is given, or if the server did not create it, which is a violation. */
function parsePageToken<Position extends PagePosition>(
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
