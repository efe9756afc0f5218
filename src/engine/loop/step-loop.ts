import type { Credit } from "../../core/piece.js";
import type { CancelMode, EngineNotice, RunSpec } from "../../core/engine-messages.js";
import type { OutputFormat } from "../../core/output-format.js";
import type { Clock } from "../../sync/clock.js";
import { Wakeup } from "../../sync/deferred.js";
import { type Engine, EngineFault, type StepResults } from "../engine.js";
import type { DraftPolicy } from "./draft-planner.js";
import type { PrefillLimits } from "./prefill-planner.js";
import { OutputReader } from "../output/output-reader.js";
import type { PartReader } from "../output/output-part.js";
import { FaultWatch } from "./fault-watch.js";
import { PresentStep, type Step, StepPlanner } from "./step-planner.js";
import { Run, type RunSurroundings } from "../run/run.js";
import { SequenceQueue } from "../sequences/sequence-queue.js";
import { SequenceSupply } from "../sequences/sequence-supply.js";
import { StateKeeper } from "../sequences/state-keeper.js";

export interface StepLoopOptions {
  readonly engine: Engine;
  readonly prefill: PrefillLimits;
  readonly clock: Clock;
  /** Decides which tokens are drafted. Default: none are. */
  readonly drafts?: DraftPolicy | undefined;
  /** Default: an OutputReader. */
  readonly readOutput?: ((format: OutputFormat) => PartReader) | undefined;
  readonly post: (notice: EngineNotice) => void;
  /**
   * Carries out the commands that have arrived and wait for a turn of the event loop, which need not come between two steps. Called after each step,
   * before the next one is planned. Default: there are none.
   */
  readonly takeCommands?: () => void;
  /** Waits for the runs that get freed slots, within a bound. Default: the next step waits for nobody. */
  readonly handover?: { wait(): Promise<void> };
  /** The number of faults in a row after which the engine is checked. Default: it is never checked. */
  readonly faultLimit?: number | undefined;
}

/** An order to a run from outside: the caller's cancel, or its time limit. */
type Interrupt = CancelMode | "time_limit";

const RANKS: Readonly<Record<Interrupt, number>> = { end_reasoning: 0, soft: 1, time_limit: 1, immediate: 2 };

/** The figures of a step that its notice carries. */
interface StepFigures extends DraftFigures {
  readonly stepMs: number;
}

/** The drafts of all runs in a step. */
interface DraftFigures {
  readonly draftTokens: number;
  readonly acceptedDraftTokens: number;
}

/**
 * Drives the engine. Every step pulls a token, or more with a draft, for each run that has credit, and prefills a part of the prompts, all in one
 * batch. Pieces and ends go out in one notice as soon as the next step has begun.
 *
 * Commands may come at any time: for a run in the step in progress they act right after it, for all others at once. The loop sleeps while there is
 * nothing to do. Lives on the inference worker.
 */
export class StepLoop {
  readonly present: PresentStep;
  readonly #engine: Engine;
  readonly #clock: Clock;
  readonly #post: (notice: EngineNotice) => void;
  readonly #supply: SequenceSupply;
  readonly #surroundings: RunSurroundings;
  readonly #takeCommands: () => void;
  readonly #queue: SequenceQueue;
  readonly #planner: StepPlanner;
  readonly #wakeup = new Wakeup();
  readonly #handover: StepLoopOptions["handover"];
  readonly #faults: FaultWatch;
  /** All runs that have not ended, by run id, each with the timer of its time limit. */
  readonly #runs = new Map<number, Run>();
  readonly #timers = new Map<number, Disposable>();
  /** The runs that are in the engine's hands until the step is over. */
  readonly #busy = new Set<Run>();
  /** The interrupts that came for busy runs. */
  readonly #interrupts = new Map<Run, Interrupt>();
  /** The runs that give their sequence up before the next step. */
  readonly #preemptions = new Set<Run>();
  /** The runs that the next notice tells of. */
  readonly #changed = new Set<Run>();
  /** The figures of the last step, until a notice carries them. */
  #unreported: StepFigures | undefined;
  #closing = false;

  constructor(options: StepLoopOptions) {
    const { engine, clock, prefill: limits, drafts } = options;
    const { readOutput = (format: OutputFormat) => new OutputReader({ format, ...format }) } = options;
    const slots = engine.sequences.length;
    const planner = new StepPlanner({ limits, slots, drafts });
    const prefillMs = (tokens: number): number => planner.estimatePrefillMs(tokens);
    this.#engine = engine;
    this.#clock = clock;
    this.present = new PresentStep(clock);
    this.#post = options.post;
    this.#takeCommands = options.takeCommands ?? (() => undefined);
    this.#handover = options.handover;
    this.#faults = new FaultWatch(engine, options.faultLimit ?? Infinity);
    this.#surroundings = { engine, clock, drafts: drafts !== undefined, readOutput };
    this.#planner = planner;
    this.#supply = new SequenceSupply(engine.sequences, new StateKeeper({ engine, clock, prefillMs }));
    this.#queue = new SequenceQueue(this.#supply, slots);
  }

  /** Starts a run. One that the engine can't take ends as failed at once. */
  start(spec: RunSpec, credit: Credit): void {
    const run = new Run({ spec, credit, ...this.#surroundings });
    const onTimeLimit = (): void => this.#interrupt(run, "time_limit");
    this.#runs.set(spec.runId, run);
    this.#planner.meet(run);
    this.#timers.set(spec.runId, this.#clock.startTimer(spec.stopping.timeLimitMs, onTimeLimit));
    const problem = run.check() ?? (this.#queue.offer(run) ? undefined : "the run queue is full");
    if (problem === undefined) {
      this.#wakeup.notify();
      return;
    }
    run.fail(problem);
    this.#changed.add(run);
    this.#notify();
  }

  grant(runId: number, credit: Credit): void {
    this.#runs.get(runId)?.grant(credit);
    this.#wakeup.notify();
  }

  cancel(runId: number, mode: CancelMode): void {
    const run = this.#runs.get(runId);
    if (run !== undefined) this.#interrupt(run, mode);
  }

  /** Makes a run that decodes or is parked give its sequence up before the next step. Does nothing for any other run. */
  preempt(runId: number): void {
    const run = this.#runs.get(runId);
    if (run === undefined) return;
    this.#preemptions.add(run);
    this.#wakeup.notify();
  }

  /** Queues a preempted run for a sequence again. */
  resume(runId: number): void {
    const run = this.#runs.get(runId);
    if (run?.state.type !== "preempted") return;
    run.resume();
    this.#planner.meet(run);
    if (!this.#queue.offer(run)) run.fail("the run queue is full");
    this.#changed.add(run);
    this.#wakeup.notify();
  }

  /** Makes `run` end all runs as cancelled and return, after the step in progress. */
  close(): void {
    this.#closing = true;
    this.#wakeup.notify();
  }

  /** Returns after `close`. Rejects only if the engine breaks its promises. */
  async run(): Promise<void> {
    while (!this.#closing) {
      await this.#preemptAll();
      await this.#handOverSlots();
      await this.#checkEngine();
      await this.#admit();
      const step = this.#planner.plan(this.#runs.values());
      for (const run of step.parked) this.#changed.add(run);
      if (step.pulled.length > 0 || step.prefilled.length > 0) {
        await this.#step(step);
        this.#engine.tidy(false);
      } else {
        this.#notify();
        this.#engine.tidy(true);
        // A run that was parked just now may have taken the turn of a prompt that is not all prefilled.
        if (step.parked.length === 0) await this.#wakeup.wait();
        this.#takeCommands();
      }
    }
    for (const run of this.#runs.values()) this.#apply(run, "immediate");
    this.#notify();
    this.#supply[Symbol.dispose]();
  }

  async #preemptAll(): Promise<void> {
    for (const run of this.#preemptions) {
      this.#preemptions.delete(run);
      if (run.state.type !== "parked" && run.state.type !== "running") continue;
      await this.#between(run, async () => {
        run.preempt(await this.#supply.save(run.sequence));
        this.#planner.remove(run);
        this.#changed.add(run);
      });
    }
  }

  /** Waits for the runs that get freed slots, so that the slots do not stand empty for the next step. */
  async #handOverSlots(): Promise<void> {
    const hasLeft = ({ state: { type } }: Run): boolean => type === "ended" || type === "preempted";
    if (![...this.#changed].some(hasLeft)) return;
    this.#notify();
    if (this.#runs.size > 0) await this.#handover?.wait();
  }

  /** Checks the engine after faults in a row. The check is a step like any other for those who watch how long steps take. */
  async #checkEngine(): Promise<void> {
    if (!this.#faults.isCheckDue || !this.#supply.hasFree) return;
    this.present.begin();
    const message = await this.#faults.check(this.#supply);
    this.present.end();
    if (message === undefined) return;
    this.#post({ type: "broken", message });
    this.close();
  }

  /** Gives free sequences to the runs that wait for one. */
  async #admit(): Promise<void> {
    for (let run = this.#queue.take(this.#runs); run !== undefined; run = this.#queue.take(this.#runs)) {
      const admitted = run;
      await this.#between(admitted, async () => {
        admitted.receive(await this.#supply.lease(admitted, this.#runs.values()));
        this.#planner.add(admitted);
      });
    }
  }

  /** Works on one run's sequence between two steps. An interrupt that comes for the run meanwhile acts right after. */
  async #between(run: Run, work: () => Promise<void>): Promise<void> {
    this.#notify();
    this.#busy.add(run);
    await work();
    this.#release();
  }

  async #step(step: Step): Promise<void> {
    for (const { run } of step.pulled) this.#busy.add(run);
    for (const { run } of step.prefilled) this.#busy.add(run);
    this.present.begin();
    const stepping = this.#engine.step({
      pulls: step.pulled.map(({ run, draft }) => ({ decoder: run.decoder(), draft })),
      prefills: step.prefilled.map(({ run, tokens }) => run.chunk(tokens)),
    });
    // This tells of the step before. Its notice may wake a thread that takes this thread's core, so the engine is given its work first.
    this.#notify();
    const drafts = await handOut(step, await stepping, { changed: this.#changed, faults: this.#faults });
    // The step still counts as in progress: interrupts for its runs act in `#release` and go out with its notice.
    this.#takeCommands();
    const stepMs = this.present.end();
    this.#planner.observe(step, stepMs);
    this.#release();
    this.#unreported = { stepMs, ...drafts };
  }

  /** Ends the engine's hold on the busy runs: interrupts that came for them act now. */
  #release(): void {
    this.#busy.clear();
    for (const [run, interrupt] of this.#interrupts) this.#apply(run, interrupt);
    this.#interrupts.clear();
  }

  #interrupt(run: Run, interrupt: Interrupt): void {
    if (this.#busy.has(run)) {
      if (outranks(interrupt, this.#interrupts.get(run))) this.#interrupts.set(run, interrupt);
      return;
    }
    this.#apply(run, interrupt);
    this.#notify();
    this.#wakeup.notify();
  }

  #apply(run: Run, interrupt: Interrupt): void {
    if (run.state.type === "ended") return;
    if (interrupt === "end_reasoning") {
      run.endReasoning();
      return;
    }
    if (interrupt === "immediate") run.cancel();
    else run.finish(interrupt === "soft" ? "cancelled_softly" : "time_limit");
    this.#changed.add(run);
  }

  /** Tells of all runs that changed, in one notice, and forgets the runs that ended. */
  #notify(): void {
    if (this.#changed.size === 0) return;
    const figures = this.#unreported ?? figuresAt(this.present.ageMs);
    this.#unreported = undefined;
    const updates = [...this.#changed].map((run) => run.takeUpdate());
    for (const run of this.#changed) if (run.state.type === "ended") this.#forget(run);
    this.#changed.clear();
    const kvTokens = this.#engine.sequences.reduce((sum, sequence) => sum + sequence.length, 0);
    this.#post({ type: "step", updates, ...figures, kvTokens });
  }

  #forget(run: Run): void {
    const { runId } = run.spec;
    this.#queue.remove(run);
    this.#preemptions.delete(run);
    this.#timers.get(runId)?.[Symbol.dispose]();
    this.#timers.delete(runId);
    this.#runs.delete(runId);
  }
}

/** Whether an interrupt replaces an earlier one that has not acted yet. */
function outranks(interrupt: Interrupt, earlier: Interrupt | undefined): boolean {
  return earlier === undefined || RANKS[interrupt] >= RANKS[earlier];
}

interface HandOutTargets {
  /** Gets every run that had a part in the step. */
  readonly changed: Set<Run>;
  readonly faults: FaultWatch;
}

/** Gives each run of a step its results, while the engine samples for the next run. */
async function handOut(step: Step, results: StepResults, { changed, faults }: HandOutTargets): Promise<DraftFigures> {
  for (const [index, { run, tokens }] of step.prefilled.entries()) {
    const fault = results.prefills[index];
    faults.observe(fault);
    if (fault === undefined) run.addPrefilled(tokens);
    else run.fail(fault.message);
    changed.add(run);
  }
  const drafts = { draftTokens: 0, acceptedDraftTokens: 0 };
  for (const [index, { run, draft }] of step.pulled.entries()) {
    const result = (await results.pulls[index]) ?? new EngineFault("the engine gave no result");
    faults.observe(result);
    drafts.draftTokens += draft.length;
    if (result instanceof EngineFault) {
      run.fail(result.message);
    } else {
      drafts.acceptedDraftTokens += result.length - 1;
      run.accept(result);
    }
    changed.add(run);
  }
  return drafts;
}

/** The figures of a notice that no step's end brings. */
function figuresAt(stepMs: number): StepFigures {
  return { stepMs, draftTokens: 0, acceptedDraftTokens: 0 };
}
