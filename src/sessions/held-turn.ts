import { type Clock, startPause } from "../sync/clock.js";
import { Deferred } from "../sync/deferred.js";
import type { AnswerParts } from "./session.js";
import type { CommittedTurn, CommitTurn, SessionStore, TurnLease } from "./session-store.js";
import type { StoreProblem, StoreResult } from "./store-problem.js";

/** The number of renewals in the time of one lease. Two may fail before the lease runs out. */
const RENEWALS_PER_LEASE = 3;
/** The pause between two attempts to store a turn's end while the store is unavailable. */
const RETRY_MS = 250;

/** The answer that a turn's generation has produced. */
export interface GeneratedAnswer extends AnswerParts {
  readonly answer: string;
}

/** The generation that answers a turn. */
export interface TurnSource {
  /** The answer so far. */
  readonly generated: GeneratedAnswer;
  /** True: the answer is complete, and the turn's end follows. */
  readonly ending: boolean;
  /** Called when the session has given the turn up. The store takes no more of its answer. */
  lost(): void;
}

export type TurnEnd = Omit<CommitTurn, "lease">;

export interface HeldTurnOptions {
  readonly store: Pick<SessionStore, "renewLease" | "commitTurn">;
  readonly lease: TurnLease;
  readonly leaseMs: number;
  readonly source: TurnSource;
  readonly clock: Clock;
  /** True: the process is about to end, and the turn does not wait for an unavailable store. */
  readonly isClosing: () => boolean;
}

/** A turn that this process runs. It renews its lease, with the text so far, and stores its end. Main thread. */
export class HeldTurn {
  readonly lease: TurnLease;
  readonly #options: HeldTurnOptions;
  readonly #stored = new Deferred<StoreResult<CommittedTurn>>();
  #renewal: Disposable | undefined;
  #renewedLength = 0;
  #isEnding = false;

  constructor(options: HeldTurnOptions) {
    this.lease = options.lease;
    this.#options = options;
    this.#renewLater();
  }

  get generated(): GeneratedAnswer {
    return this.#options.source.generated;
  }

  /** True: its end will be stored soon. */
  get ending(): boolean {
    return this.#isEnding || this.#options.source.ending;
  }

  /** Resolves when the attempts to store its end are over. ok: the end is stored. Never rejects. */
  get stored(): Promise<StoreResult<CommittedTurn>> {
    return this.#stored.promise;
  }

  /** Stores the turn's end; called once. Attempts go on for the time of a lease while the store is unavailable. */
  async end(end: TurnEnd): Promise<void> {
    this.#isEnding = true;
    this.#renewal?.[Symbol.dispose]();
    this.#stored.resolve(await this.#commit({ ...end, lease: this.lease }));
  }

  async #commit(request: CommitTurn): Promise<StoreResult<CommittedTurn>> {
    const { store, clock, leaseMs, isClosing } = this.#options;
    const untilMs = clock.nowMs() + leaseMs;
    for (;;) {
      const result = await store.commitTurn(request);
      if (result.ok || !isPassing(result.problem) || isClosing() || clock.nowMs() >= untilMs) return result;
      using pause = startPause(clock, RETRY_MS);
      await pause.over;
    }
  }

  #renewLater(): void {
    const { clock, leaseMs } = this.#options;
    this.#renewal = clock.startTimer(leaseMs / RENEWALS_PER_LEASE, () => void this.#renew());
  }

  /** Renews the lease. It may run out while the store is unavailable, and the turn is not lost until another call finds it so. */
  async #renew(): Promise<void> {
    const { store, leaseMs, source } = this.#options;
    const { generated } = source;
    const length = lengthOf(generated);
    const { lease } = this;
    const news = length === this.#renewedLength ? { answer: undefined } : generated;
    const result = await store.renewLease({ lease, leaseMs, ...news });
    if (this.#isEnding) return;
    if (!result.ok && result.problem.type === "fenced_out") {
      source.lost();
      return;
    }
    if (result.ok) this.#renewedLength = length;
    this.#renewLater();
  }
}

/** Returns a length that grows with every part of the answer. */
function lengthOf({ answer, reasoning = "", toolCalls = [] }: GeneratedAnswer): number {
  return answer.length + reasoning.length + toolCalls.length;
}

/** Returns whether another attempt may succeed without an operator's help. */
function isPassing(problem: StoreProblem): boolean {
  return problem.type === "unavailable" && (problem.fault === "unreachable" || problem.fault === "overloaded");
}
