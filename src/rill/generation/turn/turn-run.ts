import { GenerationError } from "../../../core/generation-error.js";
import type { Piece } from "../../../core/piece.js";
import type { Generation } from "../../../scheduler/generation/generation.js";
import type { FinishedEvent, GenerationWatcher, WatchedEnd } from "../../../core/generation-event.js";
import type { HeldTurn, TurnMade, TurnSource } from "../../../sessions/held-turn.js";
import type { CommittedTurn } from "../../../sessions/session-store.js";
import type { StoreResult } from "../../../sessions/store-problem.js";
import { Deferred } from "../../../sync/deferred.js";
import { untilAborted } from "../../../sync/until-aborted.js";
import { storedValue } from "../../../generation/store-error.js";
import { AnswerFold } from "./answer-fold.js";
import { toTurnEnd } from "./turn-end.js";

/** What a repeat of the turn is to be answered with; undefined: it can't be repeated. */
export type RecordWriter = (end: FinishedEvent, text: string) => string | undefined;

/**
 * A turn of a session as it runs: gathers what the generation writes, whether its reader takes it or not, and has its end stored as soon as it is known.
 * The generation may end before the store has admitted the turn; then its end is stored when it has.
 */
export class TurnRun implements GenerationWatcher, TurnSource {
  readonly #stored = new Deferred<StoreResult<CommittedTurn>>();
  readonly #fold = new AnswerFold();
  #end: WatchedEnd | undefined;
  #held: { readonly turn: HeldTurn; readonly generation: Generation; readonly toRecord: RecordWriter } | undefined;

  get made(): TurnMade {
    return this.#fold.made;
  }

  get ending(): boolean {
    return this.#end !== undefined || this.#held?.generation.error !== undefined;
  }

  wrote(pieces: readonly Piece[]): void {
    for (const piece of pieces) this.#fold.add(piece);
  }

  ended(end: WatchedEnd): void {
    this.#end = end;
    this.#storeEnd();
  }

  /** The store has admitted the turn. */
  admitted(turn: HeldTurn, { generation, toRecord }: { generation: Generation; toRecord: RecordWriter }): void {
    this.#held = { turn, generation, toRecord };
    this.#storeEnd();
  }

  lost(): void {
    const text = "the server was out of touch for too long: the session went on without this turn";
    this.#held?.generation.fail(new GenerationError("LEASE_LOST", text));
  }

  /** The session's revision since the answer was stored. @throws GenerationError why it was not, or the signal's reason if it aborts first */
  async stored(signal: AbortSignal): Promise<number> {
    return storedValue(await untilAborted(this.#stored.promise, signal)).revision;
  }

  #storeEnd(): void {
    if (this.#held === undefined || this.#end === undefined) return;
    const { turn, toRecord } = this.#held;
    const { made } = this;
    const record = this.#end.type === "finished" ? toRecord(this.#end, made.answer) : undefined;
    void turn.stored.then(this.#stored.resolve);
    void turn.end({ ...toTurnEnd(this.#end), ...made, record });
  }
}
