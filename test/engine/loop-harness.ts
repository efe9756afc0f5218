import type { Credit, Piece } from "../../src/core/piece.js";
import type {
  EngineNotice,
  PrefillProgress,
  RunOutput,
  RunSpec,
  RunStopping,
  RunUpdate,
} from "../../src/core/engine-messages.js";
import type { Sampling } from "../../src/core/generation-request.js";
import type { OutputFormat, OutputGrammar } from "../../src/core/output-format.js";
import type { RunEnd } from "../../src/core/run-end.js";
import { type Engine, NEUTRAL_SAMPLING } from "../../src/engine/engine.js";
import type { DraftPolicy } from "../../src/engine/loop/draft-planner.js";
import type { SlotHandover } from "../../src/engine/loop/engine-host.js";
import type { PrefillLimits } from "../../src/engine/loop/prefill-planner.js";
import { StepLoop } from "../../src/engine/loop/step-loop.js";
import { type Clock, systemClock } from "../../src/sync/clock.js";
import { Wakeup } from "../../src/sync/deferred.js";

export const AMPLE_CREDIT: Credit = { pieces: 1_000_000, bytes: 1_000_000_000 };
export const GREEDY: Sampling = { ...NEUTRAL_SAMPLING, temperature: 0, seed: 1 };

const STOPPING: RunStopping = {
  maxOutputTokens: 1_000_000,
  clampedByContext: false,
  stopSequences: [],
  stopTokenIds: [],
  ignoreEndOfGeneration: false,
  repetitionGuard: undefined,
  timeLimitMs: 600_000,
};

/** What a test says of a run; all else has a default. */
export interface RunRequest {
  readonly prompt: string | readonly number[];
  readonly stopping?: Partial<RunStopping>;
  readonly sampling?: Partial<Sampling>;
  readonly output?: Partial<RunOutput>;
  readonly credit?: Credit;
  readonly format?: OutputFormat;
  readonly grammar?: OutputGrammar;
  readonly reasoningBudgetTokens?: number;
  /** Default: the scope of all runs of the test. */
  readonly cacheScope?: string;
  /** True: the run has no scope, and shares nothing. */
  readonly isAlone?: boolean;
}

/** All that was told of one run. */
export interface RunStory {
  pieces: Piece[];
  prefills: PrefillProgress[];
  decodedTokens: number;
  parked: boolean;
  preempted: boolean;
  reprefilledTokens: number;
  /** More than one, or updates after the first, would be a defect. */
  ends: RunEnd[];
  /** By the loop's clock. */
  endedMs: number | undefined;
  updatesAfterEnd: number;
}

interface HarnessOptions {
  readonly clock?: Clock;
  readonly prefill?: Partial<PrefillLimits>;
  readonly drafts?: DraftPolicy;
  readonly handover?: SlotHandover;
  readonly faultLimit?: number;
  readonly onNotice?: (notice: EngineNotice) => void;
}

/** A step loop over some engine, and the notices it posted, told apart by run. */
export class LoopHarness implements AsyncDisposable {
  readonly loop: StepLoop;
  readonly notices: EngineNotice[] = [];
  readonly #stories = new Map<number, RunStory>();
  readonly #news = new Set<Wakeup>();
  readonly #clock: Clock;
  /** The loop has returned. */
  readonly finished: Promise<void>;
  #nextRunId = 1;

  constructor(engine: Engine, options: HarnessOptions = {}) {
    this.#clock = options.clock ?? systemClock;
    this.loop = new StepLoop({
      engine,
      prefill: { budgetMs: 1_000, maxTokens: 512, ...options.prefill },
      drafts: options.drafts,
      clock: this.#clock,
      ...(options.handover === undefined ? {} : { handover: options.handover }),
      faultLimit: options.faultLimit,
      post: (notice) => {
        options.onNotice?.(notice);
        this.#take(notice);
      },
    });
    this.finished = this.loop.run();
  }

  /** @returns the run's id */
  start(request: RunRequest): number {
    const runId = this.#nextRunId++;
    this.loop.start(specOf(runId, request), request.credit ?? AMPLE_CREDIT);
    return runId;
  }

  story(runId: number): RunStory {
    let story = this.#stories.get(runId);
    if (story === undefined) {
      story = {
        pieces: [],
        prefills: [],
        decodedTokens: 0,
        parked: false,
        preempted: false,
        reprefilledTokens: 0,
        ends: [],
        endedMs: undefined,
        updatesAfterEnd: 0,
      };
      this.#stories.set(runId, story);
    }
    return story;
  }

  /** Waits until what was told of the run satisfies the condition. */
  async until(runId: number, condition: (story: RunStory) => boolean): Promise<RunStory> {
    const news = new Wakeup();
    this.#news.add(news);
    while (!condition(this.story(runId))) await news.wait();
    this.#news.delete(news);
    return this.story(runId);
  }

  async end(runId: number): Promise<RunEnd> {
    const { ends } = await this.until(runId, (story) => story.ends.length > 0);
    const [end] = ends;
    if (end === undefined) throw new Error("unreachable");
    return end;
  }

  /** Runs one request to its end. */
  async complete(request: RunRequest): Promise<{ text: string; tokenIds: number[]; end: RunEnd }> {
    const runId = this.start(request);
    const end = await this.end(runId);
    return { ...joined(this.story(runId)), end };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.loop.close();
    await this.finished;
  }

  #take(notice: EngineNotice): void {
    this.notices.push(notice);
    if (notice.type === "step") for (const update of notice.updates) this.#tell(update);
    for (const news of this.#news) news.notify();
  }

  #tell(update: RunUpdate): void {
    const story = this.story(update.runId);
    if (story.ends.length > 0) story.updatesAfterEnd++;
    story.pieces.push(...update.pieces);
    if (update.prefill !== undefined) story.prefills.push(update.prefill);
    story.decodedTokens = update.decodedTokens;
    story.parked = update.stage === "parked";
    story.preempted = update.stage === "preempted";
    story.reprefilledTokens = update.reprefilledTokens;
    if (update.end === undefined) return;
    story.ends.push(update.end);
    story.endedMs = this.#clock.nowMs();
  }
}

export function specOf(runId: number, request: RunRequest): RunSpec {
  return {
    runId,
    tenant: "",
    cacheScope: request.isAlone === true ? undefined : (request.cacheScope ?? ""),
    inputTokens: Uint32Array.from(typeof request.prompt === "string" ? Buffer.from(request.prompt) : request.prompt),
    sampling: { ...GREEDY, ...request.sampling },
    stopping: { ...STOPPING, ...request.stopping },
    output: { logprobs: undefined, tokenBytes: false, ...request.output },
    format: request.format,
    grammar: request.grammar,
    reasoningBudgetTokens: request.reasoningBudgetTokens,
  };
}

export function joined(story: RunStory): { text: string; tokenIds: number[] } {
  return {
    text: story.pieces.map((piece) => piece.text).join(""),
    tokenIds: story.pieces.flatMap((piece) => [...piece.tokenIds]),
  };
}
