import type { SessionStore } from "./session-store.js";
import type { StoreProblem } from "./store-problem.js";

/** The methods of SessionStore, by name. */
export type StoreMethod = Exclude<keyof SessionStore, symbol>;

export type RequestOf<Method extends StoreMethod> = Parameters<SessionStore[Method]>[0];

/** The result of a method. */
export type ResultOf<Method extends StoreMethod> = Awaited<ReturnType<SessionStore[Method]>>;

/** The bounds on what one owner keeps in the store, beside the store's own. undefined: none. */
export interface StoreQuota {
  readonly sessions: number | undefined;
  readonly bytes: number | undefined;
}

/** One request to a store, as it goes to the store's thread: plain data. Each gets exactly one answer with its id. */
export type StoreCommand = {
  readonly [Method in StoreMethod]: {
    readonly type: "call";
    readonly id: number;
    readonly method: Method;
    readonly request: RequestOf<Method>;
    /** The bounds of the owner's tenant at the time of the request. */
    readonly quota: StoreQuota;
    /** The time of the request, since the epoch. The store's thread has no clock of its own. */
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

/** A message of the store's thread: the answer to a command, or a warning for the log. */
export type StoreNotice = StoreAnswer | { readonly type: "warning"; readonly text: string };
