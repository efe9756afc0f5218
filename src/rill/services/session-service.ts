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
  SessionServiceService as SERVICE,
  type UpdateSessionRequest,
  type UpdateSessionResponse,
} from "../../../generated/rill/v1/session_service.js";
import type { Message } from "../../core/conversation.js";
import type { RunningTurns } from "../../sessions/running-turns.js";
import type { AppendMessages, SessionStore } from "../../sessions/session-store.js";
import type { CallContext, CallHost } from "../../grpc/call/call-context.js";
import { unaryMethod } from "../../grpc/call/service-methods.js";
import { storedValue } from "../../generation/call/refusals.js";
import { checkCallIds, storedCallIds } from "../../generation/call/tool-call-ids.js";
import type { DecodedRequest } from "../../grpc/contract/service-definition.js";
import {
  parseAppendMessages,
  parseCreateSession,
  parseDeleteSession,
  parseForkSession,
  parseSessionId,
  parseUpdateSession,
} from "../parse/parse-session-requests.js";
import { Violations } from "../../core/generation-error.js";
import { toSessionMessage } from "../response/session-messages.js";
import { SessionPages } from "./session-pages.js";

/** Creates the handlers of rill.v1.SessionService. It needs no model and works while one loads. */
export function createSessionService(
  host: CallHost,
  { store, turns: running }: { readonly store: SessionStore; readonly turns: RunningTurns },
): UntypedServiceImplementation {
  const { limits } = host;
  const pages = new SessionPages({ host, store, running });

  /**
   * Checks the ids of calls and results. Calls are only ever added to a session, so a check that passes now still passes when the messages are
   * stored.
   * @throws GenerationError INVALID_REQUEST
   */
  const checkCalls = async (request: AppendMessages): Promise<void> => {
    const opened = storedValue(await store.openTurn({ ...request, idempotencyKey: undefined }));
    if (opened.type !== "open") return;
    const violations = new Violations();
    const list = { field: "messages", messages: request.messages, known: storedCallIds(opened.history) };
    checkCallIds(list, violations);
    violations.throwIfAny();
  };

  const createSession = async (
    request: DecodedRequest<CreateSessionRequest>,
    { caller: { tenant: owner } }: CallContext,
  ): Promise<CreateSessionResponse> => {
    const parsed = { owner, sessionId: newSessionId(), ...parseCreateSession(request, limits) };
    return { session: toSessionMessage(storedValue(await store.create(parsed))) };
  };

  const getSession = async (
    request: DecodedRequest<GetSessionRequest>,
    { caller: { tenant: owner } }: CallContext,
  ): Promise<GetSessionResponse> => {
    const key = { owner, sessionId: parseSessionId(request, limits) };
    return { session: toSessionMessage(storedValue(await store.get(key))) };
  };

  const updateSession = async (
    request: DecodedRequest<UpdateSessionRequest>,
    { caller: { tenant: owner } }: CallContext,
  ): Promise<UpdateSessionResponse> => {
    const parsed = { owner, ...parseUpdateSession(request, limits) };
    return { session: toSessionMessage(storedValue(await store.update(parsed))) };
  };

  const deleteSession = async (
    request: DecodedRequest<DeleteSessionRequest>,
    { caller: { tenant: owner } }: CallContext,
  ): Promise<DeleteSessionResponse> => {
    const parsed = { owner, ...parseDeleteSession(request, limits) };
    await running.settled(parsed);
    storedValue(await store.delete(parsed));
    return {};
  };

  const forkSession = async (
    request: DecodedRequest<ForkSessionRequest>,
    { caller: { tenant: owner } }: CallContext,
  ): Promise<ForkSessionResponse> => {
    const parsed = { owner, forkId: newSessionId(), ...parseForkSession(request, limits) };
    await running.settled(parsed);
    return { session: toSessionMessage(storedValue(await store.fork(parsed))) };
  };

  const appendMessages = async (
    request: DecodedRequest<AppendMessagesRequest>,
    { caller: { tenant: owner } }: CallContext,
  ): Promise<AppendMessagesResponse> => {
    const parsed = { owner, ...parseAppendMessages(request, limits) };
    await running.settled(parsed);
    if (parsed.messages.some(namesCalls)) await checkCalls(parsed);
    return { session: toSessionMessage(storedValue(await store.append(parsed))) };
  };

  return {
    createSession: unaryMethod(host, {
      method: "CreateSession",
      handle: createSession,
      encode: SERVICE.createSession.responseSerialize,
    }),
    getSession: unaryMethod(host, {
      method: "GetSession",
      handle: getSession,
      encode: SERVICE.getSession.responseSerialize,
    }),
    updateSession: unaryMethod(host, {
      method: "UpdateSession",
      handle: updateSession,
      encode: SERVICE.updateSession.responseSerialize,
    }),
    listSessions: unaryMethod(host, {
      method: "ListSessions",
      handle: pages.listSessions,
      encode: SERVICE.listSessions.responseSerialize,
    }),
    listTurns: unaryMethod(host, {
      method: "ListTurns",
      handle: pages.listTurns,
      encode: SERVICE.listTurns.responseSerialize,
    }),
    deleteSession: unaryMethod(host, {
      method: "DeleteSession",
      handle: deleteSession,
      encode: SERVICE.deleteSession.responseSerialize,
    }),
    forkSession: unaryMethod(host, {
      method: "ForkSession",
      handle: forkSession,
      encode: SERVICE.forkSession.responseSerialize,
    }),
    appendMessages: unaryMethod(host, {
      method: "AppendMessages",
      handle: appendMessages,
      encode: SERVICE.appendMessages.responseSerialize,
    }),
  };
}

function namesCalls({ toolCalls, toolCallId }: Message): boolean {
  return toolCalls !== undefined || toolCallId !== undefined;
}

function newSessionId(): string {
  return `ses_${randomBytes(18).toString("base64url")}`;
}
