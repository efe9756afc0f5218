import type { Duration } from "../../../generated/google/protobuf/duration.js";
import type { Message as MessageMessage } from "../../../generated/rill/v1/conversation.js";
import type { LabelSet } from "../../../generated/rill/v1/session.js";
import type {
  AppendMessagesRequest,
  CreateSessionRequest,
  DeleteSessionRequest,
  ForkSessionRequest,
  GetSessionRequest,
  UpdateSessionRequest,
} from "../../../generated/rill/v1/session_service.js";
import type { Message } from "../../core/conversation.js";
import { Violations } from "../../core/generation-error.js";
import type { Limits } from "../../core/limits.js";
import { checkCallIds } from "../../generation/call/tool-call-ids.js";
import { type DecodedRequest, readableMessage } from "../../grpc/contract/service-definition.js";
import type {
  AppendMessages,
  CreateSession,
  DeleteSession,
  ForkSession,
  UpdateSession,
} from "../../sessions/session-store.js";
import { parseDurationMs, parseId, parseLabels, parseRevision } from "./parse-field.js";
import { parseMessages } from "./parse-input.js";

/** A request to the store without the fields that the server adds: the owner and new ids. */
type Asked<Request> = Omit<Request, "owner" | "forkId">;

/** The shortest idle timeout. With a shorter one, a session would be gone before its caller could use it. */
const MIN_IDLE_MS = 1_000;

/**
 * Parses a request of CreateSession.
 * @throws GenerationError UNDECODABLE_MESSAGE, INVALID_REQUEST, as do the other parsers here
 */
export function parseCreateSession(
  request: DecodedRequest<CreateSessionRequest>,
  limits: Limits,
): Omit<Asked<CreateSession>, "sessionId"> {
  const message = readableMessage(request);
  const violations = new Violations();
  const parsed = {
    labels: parseLabels(message.labels, limits, violations),
    idleMs: parseIdle(message.idleTimeout, limits, violations) ?? limits.defaultSessionIdleMs,
    messages: message.messages.length === 0 ? [] : parseList(message.messages, limits, violations),
  };
  checkCallIds({ field: "messages", messages: parsed.messages }, violations);
  violations.throwIfAny();
  return parsed;
}

export function parseSessionId(request: DecodedRequest<GetSessionRequest>, limits: Limits): string {
  const { sessionId } = readableMessage(request);
  const violations = new Violations();
  const parsed = parseRequiredId(sessionId, limits, violations);
  violations.throwIfAny();
  return parsed;
}

export function parseUpdateSession(
  request: DecodedRequest<UpdateSessionRequest>,
  limits: Limits,
): Asked<UpdateSession> {
  const message = readableMessage(request);
  const violations = new Violations();
  if (message.labels === undefined && message.idleTimeout === undefined) {
    violations.add("labels", "is missing, and so is idle_timeout: at least one of them is required");
  }
  const parsed = {
    sessionId: parseRequiredId(message.sessionId, limits, violations),
    expectedRevision: parseExpectedRevision(message, violations),
    labels: parseLabelSet(message.labels, limits, violations),
    idleMs: parseIdle(message.idleTimeout, limits, violations),
  };
  violations.throwIfAny();
  return parsed;
}

export function parseDeleteSession(
  request: DecodedRequest<DeleteSessionRequest>,
  limits: Limits,
): Asked<DeleteSession> {
  const message = readableMessage(request);
  const violations = new Violations();
  const parsed = {
    sessionId: parseRequiredId(message.sessionId, limits, violations),
    expectedRevision: parseExpectedRevision(message, violations),
  };
  violations.throwIfAny();
  return parsed;
}

export function parseForkSession(request: DecodedRequest<ForkSessionRequest>, limits: Limits): Asked<ForkSession> {
  const message = readableMessage(request);
  const violations = new Violations();
  const parsed = {
    sessionId: parseRequiredId(message.sessionId, limits, violations),
    atTurn: message.atTurn,
    labels: parseLabelSet(message.labels, limits, violations),
  };
  violations.throwIfAny();
  return parsed;
}

/** Parses a request of AppendMessages. Whether results belong to calls of the session is checked once its history is loaded. */
export function parseAppendMessages(
  request: DecodedRequest<AppendMessagesRequest>,
  limits: Limits,
): Asked<AppendMessages> {
  const message = readableMessage(request);
  const violations = new Violations();
  const parsed = {
    sessionId: parseRequiredId(message.sessionId, limits, violations),
    expectedRevision: parseExpectedRevision(message, violations),
    messages: parseList(message.messages, limits, violations),
  };
  violations.throwIfAny();
  return parsed;
}

/** Parses the id of the session. It is "" if there is a violation. */
export function parseRequiredId(sessionId: string | undefined, limits: Limits, violations: Violations): string {
  if (sessionId === undefined) violations.add("session_id", "is missing");
  return parseId({ field: "session_id", value: sessionId }, limits, violations) ?? "";
}

function parseExpectedRevision(
  { expectedRevision: value }: { expectedRevision?: number | undefined },
  violations: Violations,
): number | undefined {
  return parseRevision({ field: "expected_revision", value }, violations);
}

function parseIdle(idleTimeout: Duration | undefined, limits: Limits, violations: Violations): number | undefined {
  if (idleTimeout === undefined) return undefined;
  const bounds = { fallback: MIN_IDLE_MS, min: MIN_IDLE_MS, max: limits.maxSessionIdleMs };
  return Math.ceil(parseDurationMs({ field: "idle_timeout", value: idleTimeout, ...bounds }, violations));
}

function parseLabelSet(
  labels: LabelSet | undefined,
  limits: Limits,
  violations: Violations,
): ReadonlyMap<string, string> | undefined {
  return labels === undefined ? undefined : parseLabels(labels.entries, limits, violations);
}

function parseList(messages: readonly MessageMessage[], limits: Limits, violations: Violations): readonly Message[] {
  return parseMessages({ field: "messages", messages }, limits, violations);
}
