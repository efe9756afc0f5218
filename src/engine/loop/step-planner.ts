import type { DraftPolicy } from "./draft-planner.js";
import { PrefillPlanner, type PrefillLimits } from "./prefill-planner.js";
import type { Run } from "../run/run.js";

/** Who takes part in one step, and how. */
export interface Step {
  /** Gets at least one token each: those past their prompt, and those whose rest of it is read in with that. */
  readonly pulled: readonly PulledRun[];
  readonly prefilled: readonly { readonly run: Run; readonly tokens: number }[];
  /** Could not post their first token, and wait for credit from now on. */
  readonly parked: readonly Run[];
  readonly decodingRuns: number;
  /** What is evaluated for those who decode besides a token each and the drafts. */
  readonly extraTokens: number;
  readonly prefillTokens: number;
  readonly prefillPositions: number;
}

export interface PulledRun {
  readonly run: Run;
  /** What is tried in the same step. */
  readonly draft: readonly number[];
}

export interface StepPlannerOptions {
  readonly limits: PrefillLimits;
  readonly slots: number;
  readonly drafts?: DraftPolicy | undefined;
}

/** Decides what the next step does: a token for each run with credit, and as much of the prompts as the planner of prefills allows. */
export class StepPlanner {
  readonly #limits: PrefillLimits;
  readonly #prefill: PrefillPlanner;
  readonly #drafts: DraftPolicy | undefined;
  /** Prompts being read in; who is served next, first. */
  #prefilling: Run[] = [];
  /** Those that came while others decoded. */
  readonly #joining = new WeakSet<Run>();
  /** Decoded in the last step. */
  #decoding: readonly Run[] = [];

  /** @param drafts none given: nothing is tried ahead */
  constructor({ limits, slots, drafts }: StepPlannerOptions) {
    this.#drafts = drafts;
    this.#limits = limits;
    this.#prefill = new PrefillPlanner(limits, slots);
  }

  /** A run has come, or comes back: who decodes now was there before it. */
  meet(run: Run): void {
    if (this.#decoding.some(({ state }) => state.type === "running")) this.#joining.add(run);
  }

  /** A run has got its sequence: its prompt is to be read in. */
  add(run: Run): void {
    this.#prefilling.push(run);
  }

  /** A run gives its sequence up: it is no longer read in, until it is added again. */
  remove(run: Run): void {
    this.#prefilling = this.#prefilling.filter((prefilling) => prefilling !== run);
  }

  /** The step may come out empty. */
  plan(runs: Iterable<Run>): Step {
    const { pulled, extraTokens } = this.#decodingOf(runs);
    const decodingRuns = pulled.length;
    this.#decoding = [...pulled];
    const prefilled: { run: Run; tokens: number }[] = [];
    const parked: Run[] = [];
    let prefillTokens = 0;
    let prefillPositions = 0;
    // Both at once might be more than fits one step.
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

  /** Estimated ms to read so many tokens into an empty sequence. */
  estimatePrefillMs(tokens: number): number {
    return this.#prefill.estimatePrefillMs(tokens);
  }

  /** Learns from how long the step took. */
  observe(step: Step, stepMs: number): void {
    const { pulled, decodingRuns, extraTokens, prefillTokens, prefillPositions } = step;
    if (extraTokens > 0) return;
    const draftTokens = pulled.reduce((sum, { draft }) => sum + draft.length, 0);
    if (prefillTokens === 0) this.#drafts?.observe({ stepMs, decodingRuns, draftTokens });
    if (draftTokens === 0) this.#prefill.observe({ stepMs, decodingRuns, prefillTokens, prefillPositions });
  }

  /** All who decode, but for those whose extra tokens find no room any more: they come with the next step. */
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

  /** None beside a prompt, which takes all the room and time that there is. */
  #withDrafts(pulled: readonly Run[], otherTokens: number): readonly PulledRun[] {
    const drafts = otherTokens === 0 ? this.#drafts?.plan(pulled, this.#limits.maxTokens) : undefined;
    return pulled.map((run, index) => ({ run, draft: drafts?.[index] ?? [] }));
  }

  /** Who is served goes to the end of the line. */
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
