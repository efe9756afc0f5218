import type { CallOrigin } from "../../core/calls.js";
import type { CancelMode, EngineCommand, RunUpdate } from "../../core/engine-messages.js";
import { GenerationError } from "../../core/generation-error.js";
import type {
  FinishedEvent,
  GenerationEvent,
  GenerationWatcher,
  QueuePosition,
} from "../../core/generation-message.js";
import type { GenerationReport, GenerationState, Timings } from "../../core/generation-report.js";
import type { Lane } from "../../core/generation-request.js";
import type { GenerationOutcome } from "../../core/load-snapshot.js";
import type { Credit, Piece } from "../../core/piece.js";
import type { RunEnd, RunOutcome } from "../../core/run-end.js";
import { onAbort } from "../../sync/abort.js";
import type { Clock } from "../../sync/clock.js";
import { GenerationAccount } from "./generation-account.js";
import type { LoadCounters } from "./load-counters.js";
import { CreditReturn, Mailbox, type OutputLog, type OutputPosition } from "./generation-output.js";
import {
  endOf,
  type GenerationPhase,
  nextPhase,
  type PhaseEvent,
  queueEntryOf,
  type RunFinish,
  stateOf,
} from "./generation-phase.js";

/** The names and the origin of a generation, known from the moment its call is opened. */
export interface GenerationIdentity {
  readonly generationId: string;
  /** The tenant to whom the generation belongs; "" where the server knows no tenants. */
  readonly tenant: string;
  /** The caller's name within the tenant. */
  readonly subject: string;
  /** The caller's own name for the generation. */
  readonly requestId: string | undefined;
  readonly lane: Lane;
  /** The generation with the higher priority is first among those of its tenant that wait in the lane. */
  readonly priority: number;
  /** The caller's own labels. */
  readonly labels: ReadonlyMap<string, string>;
  /** When the call was opened, since the epoch. */
  readonly createdMs: number;
  /** Where the first call came from, for the log. */
  readonly origin: CallOrigin | undefined;
}

/** The surroundings that all records of a scheduler share. */
export interface RecordContext {
  readonly clock: Clock;
  readonly counters: LoadCounters;
  /** The credit with which each run begins. */
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
  /** Keeps the output; undefined if no other reader may come. */
  readonly outputLog: OutputLog | undefined;
  readonly watcher: GenerationWatcher | undefined;
}

/** The finish of a run that was cancelled softly before it began. */
const NEVER_RUN: RunFinish = Object.freeze({
  type: "finished",
  reason: "cancelled_softly",
  stopMatch: undefined,
  incompleteText: false,
});

/**
 * The scheduler's side of one generation: its phase, its mailbox and its account. `Generation` is the caller's side. Every method is synchronous, so
 * that the generation is in exactly one phase at any moment.
 */
export class GenerationRecord {
  readonly identity: GenerationIdentity;
  readonly account: GenerationAccount;
  readonly mailbox = new Mailbox();
  /** The output so far; undefined if no other reader may come. */
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

  /** @param options.signal not aborted yet; its reason becomes the generation's error. */
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

  /** True once the generation was submitted and not refused. */
  get accepted(): boolean {
    return this.#accepted;
  }

  /** Why the reader gets no more; undefined while it may read, and after a finish. */
  get error(): GenerationError | undefined {
    return this.#phase.type === "leaving" || this.#phase.type === "failed" ? this.#phase.error : undefined;
  }

  /** How the generation ended; undefined while anything of it is held. */
  get outcome(): GenerationOutcome | undefined {
    if (this.#phase.type === "finished") return this.#phase.finish.reason;
    return this.#phase.type === "failed" ? this.#phase.error.code : undefined;
  }

  /** Calls `listener` once if the generation fails, whether or not its reader reads. It replaces the listener before; undefined removes it. */
  notifyOfFailure(listener: ((error: GenerationError) => void) | undefined): void {
    this.#onFailed = listener;
  }

  /** Reports on the generation at this moment. Once it has an end, only the count of delivered tokens still changes. */
  report(): GenerationReport {
    const { generationId, tenant, requestId, lane, labels, createdMs } = this.identity;
    return {
      generationId,
      tenant,
      requestId,
      lane,
      labels,
      createdMs,
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

  /** Takes the next event; undefined if none waits. */
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

  /** How long the run has stood still for its reader while it holds a slot; undefined if it does not, or if it is about to end anyway. */
  parkedMs(): number | undefined {
    if (this.#phase.type !== "active" || this.#phase.state !== "parked") return undefined;
    return this.account.inStateMs(this.#context.clock.nowMs());
  }

  /**
   * True for a preempted run that is in no queue and whose reader has taken everything. With less than its whole window free, the run would soon
   * stand still in its new slot.
   */
  get isReadyToReturn(): boolean {
    const phase = this.#phase;
    return phase.type === "preempted" && phase.entry === undefined && this.#creditReturn.untakenPieces === 0;
  }

  /** Lets a new reader begin: everything that it has to know waits for it, in order. `pieces` is the output so far. */
  startOver(pieces: readonly Piece[]): void {
    this.mailbox.startOver({ waits: this.#phase.type === "waiting", pieces });
    // The reader before has read the end and is gone.
    if (this.#phase.type === "finished") this.mailbox.putFinish(this.#phase.finish);
  }

  /** The reader's window has taken the output up to this position, which counts as delivered. Its credit goes back. */
  takenTo(position: OutputPosition): void {
    this.account.deliveredTo(position.tokens);
    if (this.outcome !== undefined) this.#context.corrected(this);
    this.#creditReturn.takenTo(position);
    this.#giveCreditBack();
  }

  /** The output up to this position is kept for one answer. Its credit goes back, and it counts as delivered with the finish. */
  foldedTo(position: OutputPosition): void {
    this.#foldedTokens = position.tokens;
    this.#creditReturn.takenTo(position);
    this.#giveCreditBack();
  }

  markFirstChunk(): void {
    this.account.firstChunk(this.#context.clock.nowMs());
  }

  /** Notes the generation's entry in the queue, which it leaves by disposing it. */
  enqueue(entry: Disposable): void {
    this.#move({ type: "queued", entry });
  }

  tellPosition(position: QueuePosition): void {
    this.mailbox.putPosition(position);
  }

  start(runId: number): void {
    this.#move({ type: "started", runId });
  }

  /** Takes what a step of the engine, `stepMs` long, meant for this run. If the step ended the run, its slot was released before. */
  update(update: RunUpdate, stepMs: number): void {
    this.account.stepped(stepMs);
    if (update.prefill !== undefined) this.account.prefilled(update.prefill);
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

  /** Ends the generation now: it leaves the queue, or has the engine end its run. Its reader learns `error`. After the end it changes nothing. */
  abort(error: GenerationError): void {
    this.account.leave(this.#context.clock.nowMs());
    this.#move({ type: "aborted", error });
  }

  /**
   * `soft` ends the generation at its next token with a proper last event, or at once if it has not begun. `end_reasoning` has the engine end the
   * reasoning, and does nothing if the generation has not begun. After the end both change nothing.
   */
  cancelGently(mode: Exclude<CancelMode, "immediate">): void {
    if (this.#phase.type === "active" || this.#phase.type === "preempted") {
      this.#context.send({ type: "cancel", runId: this.#phase.runId, mode });
    } else if (mode === "soft" && (this.#phase.type === "preparing" || this.#phase.type === "waiting")) {
      this.#finish(NEVER_RUN);
    }
  }

  /** Notes that the engine is gone, and the run with it. A generation whose run has finished stays readable. */
  lose(error: GenerationError): void {
    const { type } = this.#phase;
    if (type === "active" || type === "preempted" || type === "leaving") this.#move({ type: "run_lost", error });
    else if (type !== "delivering") this.abort(error);
  }

  /** Sends the engine the credit that it is owed: at once if the run stands still, and otherwise once it is worthwhile. */
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

  /** Makes the event that tells the reader of the generation's proper end. */
  #toEvent({ reason, stopMatch, incompleteText }: RunFinish): FinishedEvent {
    const usage = this.account.usage();
    const { restarts } = this.account;
    return { type: "finished", reason, stopMatch, incompleteText, usage, timings: this.timings(), restarts };
  }

  #move(event: PhaseEvent): void {
    const before = this.#phase;
    const after = nextPhase(before, event);
    if (after === before) return;
    this.#phase = after;
    this.account.enter(stateOf(after), this.#context.clock.nowMs());
    if (queueEntryOf(before) !== queueEntryOf(after)) queueEntryOf(before)?.[Symbol.dispose]();
    if (after.type === "leaving") this.#context.send({ type: "cancel", runId: after.runId, mode: "immediate" });
    if (after.type === "leaving" || after.type === "failed") this.mailbox.clear();
    if (after.type === "finished" || after.type === "failed") {
      this.#abortHook[Symbol.dispose]();
      this.#context.ended(this);
    }
    if (after.type === "failed" && before.type !== "delivering") {
      this.#watcher?.ended({ type: "failed", error: after.error, usage: this.account.usage() });
    }
    // The listener comes last: it aborts the call, whose signal calls `abort` again.
    if (before.type !== "leaving" && this.error !== undefined) this.#onFailed?.(this.error);
  }
}

/** The error of a generation whose run did not come to its own end although nobody aborted it. */
function toRunError(outcome: Exclude<RunOutcome, { type: "finished" }>, generationId: string): GenerationError {
  switch (outcome.type) {
    case "cancelled":
      return new GenerationError("ENGINE_LOST", "the engine was closed");
    case "failed":
      return new GenerationError("ENGINE_FAULT", "the engine failed in this generation", {
        facts: { generation_id: generationId },
        cause: outcome.message,
      });
  }
}
