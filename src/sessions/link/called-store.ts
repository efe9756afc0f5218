import type { TenantPolicies } from "../../core/tenant-policy.js";
import { type Clock, RunningClock, startPause } from "../../sync/clock.js";
import type { Logger } from "../../telemetry/logger.js";
import type * as asked from "../session-store.js";
import type { Session, SessionKey } from "../session.js";
import type { SessionStore } from "../session-store.js";
import type { StoreFault, StoreResult } from "../store-problem.js";
import type { AnyStoreResult, RequestOf, ResultOf, StoreCommand, StoreMethod, StoreQuota } from "../store-messages.js";
import { type StoreReport, StoreTally } from "./store-tally.js";

/** Runs commands in a thread, or against a server. Never rejects. */
export interface StoreRunner extends AsyncDisposable {
  run(command: StoreCommand): Promise<AnyStoreResult>;
}

export interface CalledStoreOptions {
  readonly runner: StoreRunner;
  /** The bounds of the owners, each of which is a tenant. Every command asks anew. */
  readonly policies: TenantPolicies;
  readonly clock: Clock;
  /** The time of day, in ms since the epoch. Leases and idle times outlast the process, and other processes see them. */
  readonly wallNowMs: () => number;
  readonly log: Logger;
  /** The most commands under way at a time; one more is answered `overloaded`. */
  readonly maxCommands: number;
  /** A command without an answer by then is answered `unreachable`. Whether it was stored is not known. */
  readonly answerMs: number;
}

/** A store over a runner of commands, within bounds of number and time. Main thread. */
export class CalledStore implements SessionStore {
  readonly #options: CalledStoreOptions;
  /** Time in which the process was stopped does not count as waiting for the store. */
  readonly #runningClock: RunningClock;
  readonly #tally = new StoreTally();
  readonly #outages: OutageLog;
  #nextId = 1;
  #underWay = 0;

  constructor(options: CalledStoreOptions) {
    this.#options = options;
    this.#runningClock = new RunningClock(options.clock);
    this.#outages = new OutageLog(options);
  }

  /** The counts of its calls since the start. */
  get report(): StoreReport {
    return this.#tally.report(this.#underWay);
  }

  create(request: asked.CreateSession): Promise<StoreResult<Session>> {
    return this.#ask("create", request);
  }

  get(key: SessionKey): Promise<StoreResult<Session>> {
    return this.#ask("get", key);
  }

  update(request: asked.UpdateSession): Promise<StoreResult<Session>> {
    return this.#ask("update", request);
  }

  list(request: asked.ListSessions): Promise<StoreResult<asked.SessionPage>> {
    return this.#ask("list", request);
  }

  listTurns(request: asked.ListTurns): Promise<StoreResult<asked.TurnPage>> {
    return this.#ask("listTurns", request);
  }

  delete(request: asked.DeleteSession): Promise<StoreResult<undefined>> {
    return this.#ask("delete", request);
  }

  fork(request: asked.ForkSession): Promise<StoreResult<Session>> {
    return this.#ask("fork", request);
  }

  append(request: asked.AppendMessages): Promise<StoreResult<Session>> {
    return this.#ask("append", request);
  }

  openTurn(request: asked.OpenTurn): Promise<StoreResult<asked.OpenedTurn>> {
    return this.#ask("openTurn", request);
  }

  admitTurn(request: asked.AdmitTurn): Promise<StoreResult<asked.AdmittedTurn>> {
    return this.#ask("admitTurn", request);
  }

  renewLease(request: asked.RenewLease): Promise<StoreResult<undefined>> {
    return this.#ask("renewLease", request);
  }

  commitTurn(request: asked.CommitTurn): Promise<StoreResult<asked.CommittedTurn>> {
    return this.#ask("commitTurn", request);
  }

  sweep(limit: number): Promise<StoreResult<asked.Swept>> {
    return this.#ask("sweep", limit);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#options.runner[Symbol.asyncDispose]();
  }

  async #ask<Method extends StoreMethod>(method: Method, request: RequestOf<Method>): Promise<ResultOf<Method>> {
    const { clock } = this.#options;
    const startedMs = clock.nowMs();
    const result = await this.#answer(method, request);
    this.#tally.observe(method, result, clock.nowMs() - startedMs);
    this.#outages.observe(result);
    // The compiler knows only that the runner answers something. The operations are checked against SessionStore.
    return result as ResultOf<Method>;
  }

  async #answer<Method extends StoreMethod>(method: Method, request: RequestOf<Method>): Promise<AnyStoreResult> {
    const { runner, policies, wallNowMs, maxCommands, answerMs } = this.#options;
    if (this.#underWay >= maxCommands) return unavailable("overloaded", "too many calls of the store are under way");
    const command = {
      type: "call",
      id: this.#nextId++,
      method,
      request,
      quota: quotaOf(request, policies),
      nowMs: Math.floor(wallNowMs()),
    } as StoreCommand;
    this.#underWay++;
    const answer = runner.run(command).finally(() => this.#underWay--);
    using pause = startPause(this.#runningClock, answerMs);
    const late = pause.over.then(() => unavailable("unreachable", `the store has not answered within ${answerMs} ms`));
    return await Promise.race([answer, late]);
  }
}

const NO_QUOTA: StoreQuota = { sessions: undefined, bytes: undefined };

/** Returns the bounds for the owner of a request. A request without an owner stores nothing new. */
function quotaOf(request: RequestOf<StoreMethod>, policies: TenantPolicies): StoreQuota {
  if (typeof request === "number" || !("owner" in request)) return NO_QUOTA;
  const { sessions, sessionBytes: bytes } = policies.of(request.owner);
  return { sessions, bytes };
}

function unavailable(fault: StoreFault, message: string): AnyStoreResult {
  return { ok: false, problem: { type: "unavailable", fault, message } };
}

/** A fault that recurs is logged no more often than this. */
const REPEAT_MS = 60_000;

/** These faults last until an operator acts or the code is mended. */
const LASTING: ReadonlySet<StoreFault> = new Set(["corrupt", "newer_schema", "misconfigured", "internal"]);

/**
 * Logs once that a fault of the store begins, and once that the store serves again, regardless of the number of calls that fail meanwhile. Main
 * thread.
 */
export class OutageLog {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #loggedAtMs = new Map<StoreFault, number>();
  #fault: StoreFault | undefined;
  #wasLogged = false;

  constructor({ clock, log }: { readonly clock: Clock; readonly log: Logger }) {
    this.#clock = clock;
    this.#log = log;
  }

  observe(result: AnyStoreResult): void {
    if (result.ok || result.problem.type !== "unavailable") this.#end();
    // The link logs the death of its thread, and a store that was closed has no outage.
    else if (result.problem.fault !== "closed") this.#begin(result.problem.fault, result.problem.message);
  }

  #begin(fault: StoreFault, message: string): void {
    if (fault === this.#fault) return;
    this.#fault = fault;
    const nowMs = this.#clock.nowMs();
    const loggedAtMs = this.#loggedAtMs.get(fault);
    if (loggedAtMs !== undefined && nowMs - loggedAtMs < REPEAT_MS) return;
    this.#loggedAtMs.set(fault, nowMs);
    this.#wasLogged = true;
    const text = `the store of sessions is out of order: ${message}`;
    if (LASTING.has(fault)) this.#log.error({ fault }, text);
    else this.#log.warn({ fault }, text);
  }

  #end(): void {
    this.#fault = undefined;
    if (!this.#wasLogged) return;
    this.#wasLogged = false;
    this.#log.info({}, "the store of sessions serves again");
  }
}
