import { randomBytes } from "node:crypto";
import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import {
  type AppendMessagesRequest,
  type AppendMessagesResponse,
  type CreateSessionRequest,
  type CreateSessionResponse,
  type DeleteSessionRequest,
  type DeleteSessionResponse,
  type ForkSessionRequest,
  type ForkSessionResponse,
  type GetSessionRequest,
  type GetSessionResponse,
  type ListSessionsRequest,
  type ListSessionsResponse,
  type ListTurnsRequest,
  ListTurnsResponse,
  type UpdateSessionRequest,
  type UpdateSessionResponse,
} from "../../../generated/rill/v1/session_service.js";
import type { Message } from "../../core/conversation.js";
import { GenerationError } from "../../core/generation-error.js";
import type { RunningTurns } from "../../sessions/running-turns.js";
import type { SessionKey, Turn } from "../../sessions/session.js";
import type { AppendMessages, SessionStore } from "../../sessions/session-store.js";
import type { CallHost } from "../call/call-host.js";
import { unaryMethod } from "../call/unary-method.js";
import { checkCallIds } from "../request/check-call-ids.js";
import type { DecodedRequest } from "../request/decoded-request.js";
import { writePageToken } from "../request/page-token.js";
import { parseListSessions, parseListTurns } from "../request/parse-list-requests.js";
import {
  parseAppendMessages,
  parseCreateSession,
  parseDeleteSession,
  parseForkSession,
  parseSessionId,
  parseUpdateSession,
} from "../request/parse-session-requests.js";
import { Violations } from "../request/violations.js";
import { toSessionMessage, toTurnMessage } from "../response/session-messages.js";
import { storedValue } from "../status/store-error.js";
import { storedCallIds } from "../turn/stored-call-ids.js";
import { OWNER } from "./owner.js";

/** rill.v1.SessionService. Needs no model: it answers while one is being loaded. */
export function createSessionService(
  host: CallHost,
  { store, turns: running }: { readonly store: SessionStore; readonly turns: RunningTurns },
): UntypedServiceImplementation {
  const { limits } = host;
  const owner = OWNER;

  /** Of a turn that runs here more is known than is stored. */
  const withAnswerSoFar = (turn: Turn, key: SessionKey): Turn =>
    turn.status === "running" ? { ...turn, ...running.madeOf(key, turn.number) } : turn;

  /** Ids of calls only come more, so what holds now holds when the messages are stored. @throws GenerationError INVALID_REQUEST */
  const checkCalls = async (request: AppendMessages): Promise<void> => {
    const opened = storedValue(await store.openTurn({ ...request, idempotencyKey: undefined }));
    if (opened.type !== "open") return;
    const violations = new Violations();
    const list = { field: "messages", messages: request.messages, known: storedCallIds(opened.history) };
    checkCallIds(list, violations);
    violations.throwIfAny();
  };

  const createSession = async (request: DecodedRequest<CreateSessionRequest>): Promise<CreateSessionResponse> => {
    const parsed = { owner, sessionId: newSessionId(), ...parseCreateSession(request, limits) };
    return { session: toSessionMessage(storedValue(await store.create(parsed))) };
  };

  const getSession = async (request: DecodedRequest<GetSessionRequest>): Promise<GetSessionResponse> => {
    const key = { owner, sessionId: parseSessionId(request, limits) };
    return { session: toSessionMessage(storedValue(await store.get(key))) };
  };

  const updateSession = async (request: DecodedRequest<UpdateSessionRequest>): Promise<UpdateSessionResponse> => {
    const parsed = { owner, ...parseUpdateSession(request, limits) };
    return { session: toSessionMessage(storedValue(await store.update(parsed))) };
  };

  const listSessions = async (request: DecodedRequest<ListSessionsRequest>): Promise<ListSessionsResponse> => {
    const parsed = { owner, ...parseListSessions(request, limits) };
    const { sessions, more } = storedValue(await store.list(parsed));
    const last = more ? sessions.at(-1) : undefined;
    return {
      sessions: sessions.map(toSessionMessage),
      nextPageToken: last === undefined ? "" : writePageToken([last.createdMs, last.sessionId]),
    };
  };

  const listTurns = async (request: DecodedRequest<ListTurnsRequest>): Promise<ListTurnsResponse> => {
    const parsed = { owner, ...parseListTurns(request, limits) };
    const { turns, more, revision } = storedValue(await store.listTurns(parsed));
    const last = more ? turns.at(-1) : undefined;
    const response = {
      turns: turns.map((turn) => toTurnMessage(withAnswerSoFar(turn, parsed))),
      nextPageToken: last === undefined ? "" : writePageToken([last.number]),
      revision,
    };
    // The store keeps pages of several turns within the bound.
    if (turns.length === 1) requireFitting(response, limits.messageBytes);
    return response;
  };

  const deleteSession = async (request: DecodedRequest<DeleteSessionRequest>): Promise<DeleteSessionResponse> => {
    const parsed = { owner, ...parseDeleteSession(request, limits) };
    await running.settled(parsed.sessionId);
    storedValue(await store.delete(parsed));
    return {};
  };

  const forkSession = async (request: DecodedRequest<ForkSessionRequest>): Promise<ForkSessionResponse> => {
    const parsed = { owner, forkId: newSessionId(), ...parseForkSession(request, limits) };
    await running.settled(parsed.sessionId);
    return { session: toSessionMessage(storedValue(await store.fork(parsed))) };
  };

  const appendMessages = async (request: DecodedRequest<AppendMessagesRequest>): Promise<AppendMessagesResponse> => {
    const parsed = { owner, ...parseAppendMessages(request, limits) };
    await running.settled(parsed.sessionId);
    if (parsed.messages.some(namesCalls)) await checkCalls(parsed);
    return { session: toSessionMessage(storedValue(await store.append(parsed))) };
  };

  return {
    createSession: unaryMethod(host, { method: "CreateSession", handle: createSession }),
    getSession: unaryMethod(host, { method: "GetSession", handle: getSession }),
    updateSession: unaryMethod(host, { method: "UpdateSession", handle: updateSession }),
    listSessions: unaryMethod(host, { method: "ListSessions", handle: listSessions }),
    listTurns: unaryMethod(host, { method: "ListTurns", handle: listTurns }),
    deleteSession: unaryMethod(host, { method: "DeleteSession", handle: deleteSession }),
    forkSession: unaryMethod(host, { method: "ForkSession", handle: forkSession }),
    appendMessages: unaryMethod(host, { method: "AppendMessages", handle: appendMessages }),
  };
}

function namesCalls({ toolCalls, toolCallId }: Message): boolean {
  return toolCalls !== undefined || toolCallId !== undefined;
}

function newSessionId(): string {
  return `ses_${randomBytes(18).toString("base64url")}`;
}

function requireFitting(response: ListTurnsResponse, maxBytes: number): void {
  const bytes = ListTurnsResponse.encode(response).finish().length;
  if (bytes <= maxBytes) return;
  const facts = { turn: String(response.turns[0]?.number), bytes: String(bytes), limit: String(maxBytes) };
  throw new GenerationError("RESPONSE_TOO_LARGE", `the turn takes ${bytes} bytes; at most ${maxBytes}`, { facts });
}
