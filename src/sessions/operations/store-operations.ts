import { admitTurn } from "./admit-turn.js";
import { appendMessages, deleteSession, updateSession } from "./change-session.js";
import { createSession } from "./create-session.js";
import { forkSession } from "./fork-session.js";
import { commitTurn, renewLease } from "./hold-turn.js";
import { openTurn } from "./open-turn.js";
import { getSession, listSessions, listTurns } from "./read-sessions.js";
import type { AnyStoreResult, RequestOf, ResultOf, StoreCommand, StoreMethod } from "../store-messages.js";
import type { StoreAccess } from "./store-work.js";
import { sweepSessions } from "./sweep-sessions.js";

type Operations = {
  readonly [Method in StoreMethod]: (access: StoreAccess, request: RequestOf<Method>) => Promise<ResultOf<Method>>;
};

const OPERATIONS: Operations = {
  create: createSession,
  get: getSession,
  update: updateSession,
  list: listSessions,
  listTurns,
  delete: deleteSession,
  fork: forkSession,
  append: appendMessages,
  openTurn,
  admitTurn,
  renewLease,
  commitTurn,
  sweep: sweepSessions,
};

/** @throws what the database throws */
export async function runOperation(access: StoreAccess, command: StoreCommand): Promise<AnyStoreResult> {
  // The compiler can't see that a method and its request belong together; StoreCommand says it.
  const operation = OPERATIONS[command.method] as (access: StoreAccess, request: unknown) => Promise<AnyStoreResult>;
  return await operation(access, command.request);
}
