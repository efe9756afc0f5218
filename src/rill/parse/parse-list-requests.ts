import type { ListSessionsRequest, ListTurnsRequest } from "../../../generated/rill/v1/session_service.js";
import type { Limits } from "../../core/limits.js";
import type { ListSessions, ListTurns } from "../../sessions/session-store.js";
import { type DecodedRequest, readableMessage } from "../../grpc/contract/decoded-request.js";
import { parseNumber } from "./number-field.js";
import { type PagePosition, parsePageToken } from "./page-token.js";
import { parseRequiredId } from "./parse-session-requests.js";
import { Violations } from "../../core/generation-error.js";

const DEFAULT_PAGE_ENTRIES = 100;
/** The bytes of a response besides its entries. */
const RESPONSE_FRAME_BYTES = 1_024;

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
