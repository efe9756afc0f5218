import { type Clock, startPause } from "../sync/clock.js";
import { untilAborted } from "../sync/abort.js";
import type { Logger } from "../telemetry/logger.js";
import { type GeneratedAnswer, HeldTurn, type TurnSource } from "./held-turn.js";
import { KeyedMutex } from "../sync/lock.js";
import type { SessionKey } from "./session.js";
import type { AdmitTurn, OpenedTurn, OpenTurn, RepeatedTurn, SessionStore } from "./session-store.js";
import type { StoreProblem, StoreResult } from "./store-problem.js";

/** The interval at which a call looks for the end of a turn that runs in another process. */
const FOREIGN_POLL_MS = 250;
/** The interval for a turn that runs here, whose end is also reported. */
const OWN_POLL_MS = 5_000;
/** A call waits no longer than this for a turn's end to be stored, so that callers hear of an unavailable store. */
const SETTLE_LIMIT_MS = 1_000;

export interface RunningTurnsOptions {
  readonly store: SessionStore;
  /** The time that the process may be out of touch with the store before others end its turns. */
  readonly leaseMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface TurnWait {
  readonly signal: AbortSignal;
  /** The time to wait for the end of another turn. 0: the call does not wait. */
  readonly waitMs: number;
}

/**
 * The turns that this process runs, with their leases. A process has one such object, on the main thread, in front of the store. It is disposed of
 * after the last generation has ended and before the store, and waits until the ends of all turns are stored.
 */
export class RunningTurns implements AsyncDisposable {
  readonly #options: RunningTurnsOptions;
  readonly #mutex = new KeyedMutex();
  /** By the key of its session. */
  readonly #held = new Map<string, HeldTurn>();
  #isClosing = false;

  constructor(options: RunningTurnsOptions) {
    this.#options = options;
  }

  /**
   * Queues for the right to run a turn of the session. Until the result is disposed of, which happens after the admission, no other call of this
   * process comes between.
   *
   * @throws the signal's reason if it aborts first
   */
  async enter(key: SessionKey, { waitMs, signal }: TurnWait): Promise<Disposable> {
    const text = keyText(key);
    // The calls in front may wait for a running turn. A call that would not wait passes them, to be told of that turn.
    if (waitMs === 0 && this.#mutex.isHeld(text) && (await this.#isBusy(key))) {
      return { [Symbol.dispose]: () => undefined };
    }
    return await this.#mutex.acquire(text, signal);
  }

  /**
   * Opens a turn as the store does. The caller holds the session's mutex. A turn that is about to end here is waited for in any case, because its
   * caller may know already that it is over.
   *
   * @throws the signal's reason if it aborts first
   */
  async open(request: OpenTurn, { waitMs, signal }: TurnWait): Promise<StoreResult<OpenedTurn>> {
    const { store, clock } = this.#options;
    const untilMs = clock.nowMs() + waitMs;
    for (;;) {
      const opened = busyIfRunning(await store.openTurn(request));
      signal.throwIfAborted();
      if (opened.ok || opened.problem.type !== "busy") return opened;
      const own = this.#held.get(keyText(request));
      const leftMs = untilMs - clock.nowMs();
      if (leftMs <= 0 && own?.ending !== true) return opened;
      const pollMs = own === undefined ? FOREIGN_POLL_MS : OWN_POLL_MS;
      using pause = startPause(clock, leftMs > 0 ? Math.min(pollMs, leftMs) : pollMs);
      await untilAborted(own === undefined ? pause.over : Promise.race([own.stored, pause.over]), signal);
    }
  }

  /** Admits a turn as the store does, and holds it until its `end` is called. */
  async admit(
    request: Omit<AdmitTurn, "leaseMs">,
    source: TurnSource,
  ): Promise<StoreResult<{ type: "admitted"; turn: HeldTurn; revision: number } | RepeatedTurn>> {
    const { store, leaseMs, clock } = this.#options;
    const result = await store.admitTurn({ ...request, leaseMs });
    if (!result.ok) return result;
    const admitted = result.value;
    if (admitted.type === "repeated") return { ok: true, value: admitted };
    const { lease, revision } = admitted;
    const turn = new HeldTurn({ store, lease, leaseMs, source, clock, isClosing: () => this.#isClosing });
    this.#held.set(keyText(lease), turn);
    void turn.stored.then((stored) => this.#forget(turn, stored));
    return { ok: true, value: { type: "admitted", turn, revision } };
  }

  /** Returns the answer so far of a turn that runs here, or undefined if this turn does not. */
  generatedOf(key: SessionKey, turnNumber: number): GeneratedAnswer | undefined {
    const turn = this.#held.get(keyText(key));
    return turn?.lease.turnNumber === turnNumber ? turn.generated : undefined;
  }

  /** Resolves when the session's turn that is about to end here, if there is one, is stored, or after the bound. */
  async settled(key: SessionKey): Promise<void> {
    const turn = this.#held.get(keyText(key));
    if (turn?.ending !== true) return;
    using pause = startPause(this.#options.clock, SETTLE_LIMIT_MS);
    await Promise.race([turn.stored, pause.over]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true;
    await Promise.all([...this.#held.values()].map((turn) => turn.stored));
  }

  async #isBusy(key: SessionKey): Promise<boolean> {
    const session = await this.#options.store.get(key);
    return session.ok && session.value.running !== undefined;
  }

  #forget(turn: HeldTurn, stored: StoreResult<unknown>): void {
    const { sessionId, turnNumber } = turn.lease;
    const key = keyText(turn.lease);
    if (this.#held.get(key) === turn) this.#held.delete(key);
    if (stored.ok) return;
    const { problem } = stored;
    this.#options.log.warn({ sessionId, turnNumber, problem }, "the end of a turn could not be stored");
  }
}

/**
 * The session as its owner names it. A caller that names another owner's session waits for nothing of that session, so that no time tells that it is
 * there.
 */
function keyText({ owner, sessionId }: SessionKey): string {
  return JSON.stringify([owner, sessionId]);
}

/** Answers the repeat of a running turn as any other call, because the store lacks the answer so far. */
function busyIfRunning(opened: StoreResult<OpenedTurn>): StoreResult<OpenedTurn> {
  if (!opened.ok || opened.value.type !== "repeated" || opened.value.turn.status !== "running") return opened;
  const problem: StoreProblem = { type: "busy", generationId: opened.value.turn.generationId ?? "" };
  return { ok: false, problem };
}
