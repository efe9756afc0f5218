import type { Credit } from "../../core/credit.js";
import type { CancelMode, EngineCommand, RunUpdate } from "../../core/engine-messages.js";
import { GenerationError } from "../../core/generation-error.js";
import type { FinishedEvent, GenerationEvent, QueuePosition } from "../../core/generation-event.js";
import type { GenerationReport, GenerationState } from "../../core/generation-report.js";
import type { GenerationOutcome } from "../../core/load-snapshot.js";
import type { Piece } from "../../core/piece.js";
import type { RunEnd } from "../../core/run-end.js";
import type { Timings } from "../../core/usage.js";
import type { Clock } from "../../sync/clock.js";
import { onAbort } from "../../sync/on-abort.js";
import { CreditReturn } from "./credit-return.js";
import { GenerationAccount } from "./generation-account.js";
import { endOf, NEVER_RUN, toFinishedEvent } from "./generation-end.js";
import { type GenerationIdentity, ledgerIdentity } from "./generation-identity.js";
import type { GenerationWatcher } from "./generation-watcher.js";
import {
  type PhaseEvent,
  nextPhase,
  type GenerationPhase,
  placeOf,
  type RunFinish,
  stateOf,
} from "./generation-phase.js";
import type { LoadCounters } from "./load-counters.js";
import { Mailbox } from "./mailbox.js";
import type { OutputLog } from "./output-log.js";
import type { OutputPosition } from "./output-position.js";
import { toRunError } from "./run-error.js";

/** What every record of a scheduler shares. */
export interface RecordContext {
  readonly clock: Clock;
  readonly counters: LoadCounters;
  /** The credit that each run begins with. */
  readonly window: Credit;
  /** Sends the engine a command for the generation's run. */
  send(command: EngineCommand): void;
  /** Called once, when nothing of the generation is held any more. */
  ended(record: GenerationRecord): void;
  /** Called after `ended`, each time the reader takes more than the report counted. */
  corrected(record: GenerationRecord): void;
}

export interface RecordOptions {
  readonly signal: AbortSignal;
  /** Keeps the output, where another reader may come. */
  readonly outputLog: OutputLog | undefined;
  readonly watcher: GenerationWatcher | undefined;
}

/**
 * The scheduler's side of one generation: its phase, its mailbox, its account. `Generation` is what the caller sees of it. All is
 * synchronous, so that each moment finds it in exactly one phase.
 */
export class GenerationRecord {
  readonly identity: GenerationIdentity;
  readonly account: GenerationAccount;
  readonly mailbox = new Mailbox();
  /** The output so far, where another reader may come. */
  readonly outputLog: OutputLog | undefined;
  readonly #context: RecordContext;
  readonly #abortHook: Disposable;
  readonly #watcher: GenerationWatcher | undefined;
  #onFailed: ((error: GenerationError) => void) | undefined;
  #phase: GenerationPhase = { type: "preparing" };
  readonly #creditReturn: CreditReturn;
  #accepted = false;
  #seed: number | undefined;
  #foldedTokens = 0;

  /** @param options `signal` is not aborted yet; its reason becomes the generation's error. */
  constructor(identity: GenerationIdentity, { signal, outputLog, watcher }: RecordOptions, context: RecordContext) {
    this.identity = identity;
    this.outputLog = outputLog;
    this.#watcher = watcher;
    this.#context = context;
    this.#creditReturn = new CreditReturn(context.window);
    this.account = new GenerationAccount(context.clock.nowMs(), context.counters);
    this.#abortHook = onAbort(signal, (reason) => this.abort(GenerationError.from(reason)));
  }

  get state(): GenerationState {
    return stateOf(this.#phase);
  }

  /** True once it was submitted and not refused. */
  get accepted(): boolean {
    return this.#accepted;
  }

  /** Why the reader gets no more; undefined while it may read, and after a finish. */
  get error(): GenerationError | undefined {
    return this.#phase.type === "leaving" || this.#phase.type === "failed" ? this.#phase.error : undefined;
  }

  /** How it ended; undefined as long as anything of it is held. */
  get outcome(): GenerationOutcome | undefined {
    if (this.#phase.type === "finished") return this.#phase.finish.reason;
    return this.#phase.type === "failed" ? this.#phase.error.code : undefined;
  }

  /** Calls `listener` once when it fails, whether its reader asks or not; undefined: nobody any more. */
  notifyOfFailure(listener: ((error: GenerationError) => void) | undefined): void {
    this.#onFailed = listener;
  }

  /** What is known of it now; final once it has an end, but for what its reader takes late. */
  report(): GenerationReport {
    return {
      ...ledgerIdentity(this.identity),
      state: this.state,
      usage: this.account.usage(),
      timings: this.timings(),
      end: endOf(this.#phase),
      seed: this.#seed,
    };
  }

  timings(): Timings {
    return this.account.timings(this.#context.clock.nowMs());
  }

  /** Notes that the generation was submitted and not refused. */
  accept(seed: number): void {
    this.#accepted = true;
    this.#seed = seed;
  }

  /** The next event, if one waits. */
  take(): GenerationEvent | undefined {
    const letter = this.mailbox.take();
    if (letter?.type !== "finish") return letter;
    this.account.deliveredTo(this.#foldedTokens);
    if (this.#phase.type === "delivering") this.#move({ type: "handed_out" });
    return this.#toEvent(letter.finish);
  }

  get wasPreempted(): boolean {
    return this.account.wasPreempted;
  }

  /** How long its run has been standing still for its reader, holding a slot; undefined while it is not, or is about to end anyway. */
  parkedMs(): number | undefined {
    if (this.#phase.type !== "active" || this.#phase.state !== "parked") return undefined;
    return this.account.inStateMs(this.#context.clock.nowMs());
  }

  /**
   * True once a preempted run can use a slot again and waits for none: its reader has taken everything. With less than its whole window free the
   * run would soon stand still in the new slot.
   */
  get isReadyToReturn(): boolean {
    return (
      this.#phase.type === "preempted" && this.#phase.place === undefined && this.#creditReturn.untakenPieces === 0
    );
  }

  /** A new reader begins: all it has to know waits for it, in order. `pieces` is the output so far. */
  startOver(pieces: readonly Piece[]): void {
    this.mailbox.startOver({ waits: this.#phase.type === "waiting", pieces });
    // The reader before had the end and is gone.
    if (this.#phase.type === "finished") this.mailbox.putFinish(this.#phase.finish);
  }

  /** The reader's window has taken the output up to here: it is delivered, and its credit goes back. */
  takenTo(position: OutputPosition): void {
    this.account.deliveredTo(position.tokens);
    if (this.outcome !== undefined) this.#context.corrected(this);
    this.#creditReturn.takenTo(position);
    this.#giveCreditBack();
  }

  /** The output up to here is kept for one answer: its credit goes back, and it is delivered with the finish. */
  foldedTo(position: OutputPosition): void {
    this.#foldedTokens = position.tokens;
    this.#creditReturn.takenTo(position);
    this.#giveCreditBack();
  }

  markFirstChunk(): void {
    this.account.firstChunk(this.#context.clock.nowMs());
  }

  lineUp(place: Disposable): void {
    this.#move({ type: "lined_up", place });
  }

  tellPlace(place: QueuePosition): void {
    this.mailbox.putPlace(place);
  }

  start(runId: number): void {
    this.#move({ type: "started", runId });
  }

  /** What a step of the engine, `stepMs` long, meant for this run. If the step ended it, its slot has been released before. */
  update(update: RunUpdate, stepMs: number): void {
    this.account.stepped(stepMs);
    if (update.prefill !== undefined) this.account.readIn(update.prefill);
    this.account.decoded(update.decodedTokens);
    this.account.reprefilled(update.reprefilledTokens);
    if (this.#phase.type === "active" || this.#phase.type === "preempted") {
      if (update.prefill !== undefined) this.mailbox.putProgress(update.prefill);
      if (update.pieces.length > 0) {
        this.outputLog?.add(update.pieces);
        this.#watcher?.wrote(update.pieces);
        this.account.wrote(update.pieces);
        this.mailbox.putPieces(update.pieces);
        this.#creditReturn.posted(update.pieces.length);
      }
    }
    switch (update.stage) {
      case "prefilling":
      case "running":
      case "parked":
        this.#move({ type: "stepped", state: update.stage });
        break;
      case "preempted":
        this.account.preempted();
        this.#move({ type: "preempted" });
        break;
      case "ended":
        if (update.end !== undefined) this.#end(update.end);
    }
    this.#giveCreditBack();
  }

  /** Ends it now: leaves the line, or has the engine end the run. Its reader learns `error`. Too late changes nothing. */
  abort(error: GenerationError): void {
    this.account.leave(this.#context.clock.nowMs());
    this.#move({ type: "aborted", error });
  }

  /**
   * soft: ends it at its next token with a proper last event; at once where it has not begun. end_reasoning: has the engine end the thinking; nothing
   * where it has not begun. Too late changes nothing.
   */
  cancelGently(mode: Exclude<CancelMode, "immediate">): void {
    if (this.#phase.type === "active" || this.#phase.type === "preempted") {
      this.#context.send({ type: "cancel", runId: this.#phase.runId, mode });
    } else if (mode === "soft" && (this.#phase.type === "preparing" || this.#phase.type === "waiting")) {
      this.#finish(NEVER_RUN);
    }
  }

  /** The engine is gone, and the run with it. What has come to its end stays readable. */
  lose(error: GenerationError): void {
    const { type } = this.#phase;
    if (type === "active" || type === "preempted" || type === "leaving") this.#move({ type: "run_lost", error });
    else if (type !== "delivering") this.abort(error);
  }

  /** At once where the run stands still, else once it is enough. */
  #giveCreditBack(): void {
    const phase = this.#phase;
    if (phase.type !== "active" && phase.type !== "preempted") return;
    const credit = this.#creditReturn.take(phase.type === "preempted" || phase.state === "parked");
    if (credit !== undefined) this.#context.send({ type: "credit", runId: phase.runId, credit });
  }

  #end({ outcome, tally }: RunEnd): void {
    this.account.settle(tally);
    if (outcome.type === "finished") this.#finish(outcome);
    else this.#move({ type: "run_lost", error: toRunError(outcome, this.identity.generationId) });
  }

  #finish(finish: RunFinish): void {
    this.#move({ type: "finished", finish });
    if (this.#phase.type !== "delivering") return;
    this.mailbox.putFinish(finish);
    this.#watcher?.ended(this.#toEvent(finish));
  }

  #toEvent(finish: RunFinish): FinishedEvent {
    return toFinishedEvent(finish, this.account, this.timings());
  }

  #move(happening: PhaseEvent): void {
    const before = this.#phase;
    const after = nextPhase(before, happening);
    if (after === before) return;
    this.#phase = after;
    this.account.enter(stateOf(after), this.#context.clock.nowMs());
    if (placeOf(before) !== placeOf(after)) placeOf(before)?.[Symbol.dispose]();
    if (after.type === "leaving") this.#context.send({ type: "cancel", runId: after.runId, mode: "immediate" });
    if (after.type === "leaving" || after.type === "failed") this.mailbox.clear();
    if (after.type === "finished" || after.type === "failed") {
      this.#abortHook[Symbol.dispose]();
      this.#context.ended(this);
    }
    if (after.type === "failed" && before.type !== "delivering") {
      this.#watcher?.ended({ type: "failed", error: after.error, usage: this.account.usage() });
    }
    // Last: the listener aborts the call, whose signal comes back to `abort`.
    if (before.type !== "leaving" && this.error !== undefined) this.#onFailed?.(this.error);
  }
}
