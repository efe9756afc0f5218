import type { Clock } from "../sync/clock.js";
import { startPause } from "../sync/pause.js";
import { Deferred } from "../sync/deferred.js";
import type { AnswerParts } from "./session.js";
import type { CommittedTurn, CommitTurn, SessionStore, TurnLease } from "./session-store.js";
import type { StoreProblem, StoreResult } from "./store-problem.js";

/** Renewals in the time of one lease: two may fail before it runs out. */
const RENEWALS_PER_LEASE = 3;
/** Between two tries to store a turn's end, while the store is not there. */
const RETRY_MS = 250;

/** What was made of a turn's answer. */
export interface GeneratedAnswer extends AnswerParts {
  readonly answer: string;
}

/** Who makes a turn's answer. */
export interface TurnSource {
  /** All of it so far. */
  readonly generated: GeneratedAnswer;
  /** True: no more is coming, and the end will be told. */
  readonly ending: boolean;
  /** The session went on without the turn: what is made of it from now on counts for nothing. */
  lost(): void;
}

/** How a turn ended. */
export type TurnEnd = Omit<CommitTurn, "lease">;

export interface HeldTurnOptions {
  readonly store: Pick<SessionStore, "renewLease" | "commitTurn">;
  readonly lease: TurnLease;
  readonly leaseMs: number;
  readonly source: TurnSource;
  readonly clock: Clock;
  /** True: the process is about to end, and a store that is away is not waited for. */
  readonly isClosing: () => boolean;
}

/** A turn that this process runs: keeps its lease, with the text so far, and stores its end. Main thread. */
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

  /** All of the answer so far. */
  get generated(): GeneratedAnswer {
    return this.#options.source.generated;
  }

  /** True: it will be stored as ended before long. */
  get ending(): boolean {
    return this.#isEnding || this.#options.source.ending;
  }

  /** Resolves when nothing is tried for it any more; ok: its end is stored. Never rejects. */
  get stored(): Promise<StoreResult<CommittedTurn>> {
    return this.#stored.promise;
  }

  /** To be called once. A store that is away is tried again for as long as a lease lasts. */
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

  /** Where the store is away the lease may run out; it is not lost as long as nobody finds it so. */
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

/** Grows with whatever is made. */
function lengthOf({ answer, reasoning = "", toolCalls = [] }: GeneratedAnswer): number {
  return answer.length + reasoning.length + toolCalls.length;
}

/** Another try may go well without anyone doing something. */
function isPassing(problem: StoreProblem): boolean {
  return problem.type === "unavailable" && (problem.fault === "unreachable" || problem.fault === "overloaded");
}
