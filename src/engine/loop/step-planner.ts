import type { Clock } from "../../sync/clock.js";
import type { DraftPolicy } from "./draft-planner.js";
import { type PrefillLimits, PrefillPlanner } from "./prefill-planner.js";
import type { Run } from "../run/run.js";

/** The runs in one step, and their work. */
export interface Step {
  /** The runs that get at least one token each: those that decode, and those whose prompt's rest is evaluated with the pull. */
  readonly pulled: readonly PulledRun[];
  readonly prefilled: readonly { readonly run: Run; readonly tokens: number }[];
  /** The runs that could not post their first token, and wait for credit from now on. */
  readonly parked: readonly Run[];
  readonly decodingRuns: number;
  /** The tokens that are evaluated for decoding runs beside one token each and the drafts. */
  readonly extraTokens: number;
  readonly prefillTokens: number;
  readonly prefillPositions: number;
}

export interface PulledRun {
  readonly run: Run;
  readonly draft: readonly number[];
}

export interface StepPlannerOptions {
  readonly limits: PrefillLimits;
  readonly slots: number;
  readonly drafts?: DraftPolicy | undefined;
}

/** Decides what the next step does: a token for each run with credit, and as much prefill as the prefill planner allows. */
export class StepPlanner {
  readonly #limits: PrefillLimits;
  readonly #prefill: PrefillPlanner;
  readonly #drafts: DraftPolicy | undefined;
  /** The runs with a prompt to prefill, in the order in which they are served. */
  #prefilling: Run[] = [];
  /** The runs that came while others decoded. */
  readonly #joining = new WeakSet<Run>();
  /** The runs that decoded in the last step. */
  #decoding: readonly Run[] = [];

  /** @param drafts default: nothing is drafted */
  constructor({ limits, slots, drafts }: StepPlannerOptions) {
    this.#drafts = drafts;
    this.#limits = limits;
    this.#prefill = new PrefillPlanner(limits, slots);
  }

  /** Meets a run that has come or comes back: the runs that decode now were there before it. */
  meet(run: Run): void {
    if (this.#decoding.some(({ state }) => state.type === "running")) this.#joining.add(run);
  }

  /** Adds a run that has got its sequence, so that its prompt is prefilled. */
  add(run: Run): void {
    this.#prefilling.push(run);
  }

  /** Removes a run that gives its sequence up. Its prefill waits until it is added again. */
  remove(run: Run): void {
    this.#prefilling = this.#prefilling.filter((prefilling) => prefilling !== run);
  }

  /** Plans a step, which may be empty. */
  plan(runs: Iterable<Run>): Step {
    const { pulled, extraTokens } = this.#decodingOf(runs);
    const decodingRuns = pulled.length;
    this.#decoding = [...pulled];
    const prefilled: { run: Run; tokens: number }[] = [];
    const parked: Run[] = [];
    let prefillTokens = 0;
    let prefillPositions = 0;
    // Extra tokens and prompts together might be more than fits one step.
    for (const { run, granted } of extraTokens > 0 ? [] : this.#deal(decodingRuns)) {
      const isRest = granted === run.prefillTokensLeft;
      // The last token of a prompt is evaluated by the first pull.
      const tokens = isRest && !run.hasCredit ? granted - 1 : granted;
      prefillTokens += tokens;
      prefillPositions += tokens * (run.position + tokens / 2);
      if (isRest && run.hasCredit) pulled.push(run);
      else if (tokens > 0) prefilled.push({ run, tokens });
      else parked.push(run);
    }
    for (const run of parked) run.park();
    return {
      pulled: this.#withDrafts(pulled, prefillTokens + extraTokens),
      prefilled,
      parked,
      decodingRuns,
      extraTokens,
      prefillTokens,
      prefillPositions,
    };
  }

  /** Estimates the ms for a prefill of an empty sequence. */
  estimatePrefillMs(tokens: number): number {
    return this.#prefill.estimatePrefillMs(tokens);
  }

  /** Learns from the time that the step took. */
  observe(step: Step, stepMs: number): void {
    const { pulled, decodingRuns, extraTokens, prefillTokens, prefillPositions } = step;
    if (extraTokens > 0) return;
    const draftTokens = pulled.reduce((sum, { draft }) => sum + draft.length, 0);
    if (prefillTokens === 0) this.#drafts?.observe({ stepMs, decodingRuns, draftTokens });
    if (draftTokens === 0) this.#prefill.observe({ stepMs, decodingRuns, prefillTokens, prefillPositions });
  }

  /** Lists the decoding runs. A run whose extra tokens find no room comes with the next step. */
  #decodingOf(runs: Iterable<Run>): { pulled: Run[]; extraTokens: number } {
    const pulled: Run[] = [];
    let extraTokens = 0;
    for (const run of runs) {
      if (run.state.type !== "running") continue;
      const extra = run.extraTokens;
      if (extra > 0 && extraTokens > 0 && extraTokens + extra > this.#limits.maxTokens) continue;
      extraTokens += extra;
      pulled.push(run);
    }
    return { pulled, extraTokens };
  }

  /** Drafts for a step without prefill. A prompt takes all the room and time that there is. */
  #withDrafts(pulled: readonly Run[], otherTokens: number): readonly PulledRun[] {
    const drafts = otherTokens === 0 ? this.#drafts?.plan(pulled, this.#limits.maxTokens) : undefined;
    return pulled.map((run, index) => ({ run, draft: drafts?.[index] ?? [] }));
  }

  /** Deals prefill out. A run that is served goes to the end of the queue. */
  #deal(decoding: number): { run: Run; granted: number }[] {
    const prefilling = this.#prefilling.filter((run) => run.state.type === "prefilling");
    const prompts = prefilling.map((run) => ({
      prefillTokensLeft: run.prefillTokensLeft,
      position: run.position,
      joins: this.#joining.has(run),
    }));
    const grants = this.#prefill.plan(prompts, decoding);
    const served: { run: Run; granted: number }[] = [];
    const unserved: Run[] = [];
    for (const [index, run] of prefilling.entries()) {
      const granted = grants[index] ?? 0;
      if (granted > 0) served.push({ run, granted });
      else unserved.push(run);
    }
    this.#prefilling = [...unserved, ...served.map(({ run }) => run)];
    return served;
  }
}

/** The step in progress, if there is one. Lives on the inference worker. */
export class PresentStep {
  readonly #clock: Clock;
  #begun = 0;
  #startedMs: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The step's number, counted from 1; undefined between two steps. */
  get number(): number | undefined {
    return this.#startedMs === undefined ? undefined : this.#begun;
  }

  /** The time since the step began; 0 between two steps. */
  get ageMs(): number {
    return this.#startedMs === undefined ? 0 : this.#clock.nowMs() - this.#startedMs;
  }

  begin(): void {
    this.#begun += 1;
    this.#startedMs = this.#clock.nowMs();
  }

  /** @returns the ms that the step took */
  end(): number {
    const { ageMs } = this;
    this.#startedMs = undefined;
    return ageMs;
  }
}
