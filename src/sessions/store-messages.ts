import type { SessionStore } from "./session-store.js";
import type { StoreProblem } from "./store-problem.js";

/** What a store can be asked, by the names of SessionStore's methods. */
export type StoreMethod = Exclude<keyof SessionStore, symbol>;

export type RequestOf<Method extends StoreMethod> = Parameters<SessionStore[Method]>[0];

/** What a method answers. */
export type ResultOf<Method extends StoreMethod> = Awaited<ReturnType<SessionStore[Method]>>;

/** One question to a store, as it crosses the wall to the store's thread: plain data. Each gets exactly one answer with its id. */
export type StoreCommand = {
  readonly [Method in StoreMethod]: {
    readonly type: "call";
    readonly id: number;
    readonly method: Method;
    readonly request: RequestOf<Method>;
    /** The time of asking, since the epoch: the store's thread has no clock of its own. */
    readonly nowMs: number;
  };
}[StoreMethod];

export type StoreThreadCommand = StoreCommand | { readonly type: "close" };

export type AnyStoreResult =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problem: StoreProblem };

interface StoreAnswer {
  readonly type: "answer";
  readonly id: number;
  readonly result: AnyStoreResult;
}

/** What the store's thread says: an answer to a command, or what is to be logged. */
export type StoreNotice = StoreAnswer | { readonly type: "warning"; readonly text: string };
