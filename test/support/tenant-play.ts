import { GenerationError } from "../../src/core/generation-error.js";
import type { Lane } from "../../src/core/generation-request.js";
import { NEUTRAL_SAMPLING } from "../../src/engine/engine.js";
import type { PreparedRun } from "../../src/scheduler/forecast/run-work.js";
import type { Generation } from "../../src/scheduler/generation/generation.js";
import { Random } from "./random.js";
import { VirtualServer } from "./virtual-server.js";

/** One tenant of a play: callers that each make one call after another. */
export interface PlayedTenant {
  readonly name: string;
  readonly callers: number;
  /** Default 1. */
  readonly weight?: number;
  readonly lane?: Lane;
  readonly inputTokens: readonly [number, number];
  readonly outputTokens: readonly [number, number];
  /** The time between a call's end and the caller's next call. Default 1. */
  readonly pauseMs?: number;
}

export interface TenantPlayOptions {
  readonly seed: number;
  readonly slots: number;
  readonly tenants: readonly PlayedTenant[];
  /** The time that passes before the work is counted. */
  readonly warmUpMs: number;
  readonly durationMs: number;
}

/** The work that one tenant was given while it was counted. */
interface TenantWork {
  /** Prefilled input tokens, and twice the output tokens. */
  readonly work: number;
  readonly outputTokens: number;
  readonly completedCalls: number;
  readonly longestWaitMs: number;
}

export interface TenantPlay {
  readonly tenants: ReadonlyMap<string, TenantWork>;
  readonly preemptions: number;
}

const LIMITS = { queuePerSlot: 256, queueWaitMs: 24 * 3_600_000, calls: 65_536 };
const CONTEXT_TOKENS = 4_096;

/**
 * Plays tenants against the real scheduler and step loop with a paced engine on a virtual clock. The same options give the same play. A caller that is
 * refused tries again after a second.
 */
export async function playTenants(options: TenantPlayOptions): Promise<TenantPlay> {
  const { seed, slots, tenants, warmUpMs, durationMs } = options;
  const weights = new Map(tenants.map(({ name, weight = 1 }) => [name, weight]));
  await using server = new VirtualServer({
    engine: {
      sequences: slots,
      contextTokens: CONTEXT_TOKENS,
      saves: true,
      stepMs: (pulls, prefillTokens) => (pulls === 0 ? 0 : 20 + 4 * pulls) + prefillTokens * 0.8,
    },
    limits: LIMITS,
    policies: { of: (tenant) => ({ weight: weights.get(tenant) ?? 1 }) },
  });
  const { clock } = server;
  const players = tenants.map((tenant, index) => new Player(server, tenant, new Random(seed * 1_000 + index)));
  let isWarm = false;
  let isOver = false;
  using _warmUp = clock.startTimer(warmUpMs, () => (isWarm = true));
  using _end = clock.startTimer(warmUpMs + durationMs, () => (isOver = true));
  for (const player of players) player.begin();
  await server.until(() => isWarm);
  const before = players.map((player) => player.count());
  const preemptionsBefore = server.scheduler.load().totals.preemptions;
  await server.until(() => isOver);
  const figures = players.map((player, index): [string, TenantWork] => {
    const [after, first] = [player.count(), before[index]];
    if (first === undefined) throw new Error("a player was not counted before");
    const work = after.work - first.work;
    const outputTokens = after.outputTokens - first.outputTokens;
    const completedCalls = after.completedCalls - first.completedCalls;
    return [player.name, { work, outputTokens, completedCalls, longestWaitMs: after.longestWaitMs }];
  });
  const preemptions = server.scheduler.load().totals.preemptions - preemptionsBefore;
  for (const player of players) player.stop();
  server.scheduler.endAll(new GenerationError("DRAINED", "the play is over"));
  await server.until(() => server.scheduler.load().generations.length === 0);
  return { tenants: new Map(figures), preemptions };
}

class Player {
  readonly name: string;
  readonly #server: VirtualServer;
  readonly #tenant: PlayedTenant;
  readonly #random: Random;
  readonly #open = new Set<Generation>();
  #endedWork = 0;
  #endedOutput = 0;
  #completedCalls = 0;
  #longestWaitMs = 0;
  #isStopped = false;

  constructor(server: VirtualServer, tenant: PlayedTenant, random: Random) {
    this.name = tenant.name;
    this.#server = server;
    this.#tenant = tenant;
    this.#random = random;
  }

  begin(): void {
    for (let caller = 0; caller < this.#tenant.callers; caller++) this.#callAfter(this.#random.below(1_000));
  }

  stop(): void {
    this.#isStopped = true;
  }

  count(): TenantWork {
    let [work, outputTokens] = [this.#endedWork, this.#endedOutput];
    for (const generation of this.#open) {
      work += workOf(generation);
      outputTokens += generation.usage().outputTokens;
    }
    return { work, outputTokens, completedCalls: this.#completedCalls, longestWaitMs: this.#longestWaitMs };
  }

  #callAfter(ms: number): void {
    if (!this.#isStopped) this.#server.clock.startTimer(ms, () => void this.#call());
  }

  async #call(): Promise<void> {
    const { lane = "interactive", inputTokens, outputTokens, pauseMs = 1 } = this.#tenant;
    const { scheduler } = this.#server;
    const { signal } = new AbortController();
    const generation = scheduler.open({ tenant: this.name, requestId: undefined, lane, labels: new Map(), signal });
    this.#open.add(generation);
    try {
      scheduler.submit(generation, this.#run(inputTokens, outputTokens));
      for (let isOver = false; !isOver;) {
        const event = await generation.next();
        if (event.type === "prefill" || event.type === "pieces") {
          this.#longestWaitMs = Math.max(this.#longestWaitMs, generation.timings().queueMs);
        }
        if (event.type === "pieces") generation.taken(event.pieces);
        isOver = event.type === "finished";
      }
      this.#completedCalls += 1;
      this.#callAfter(pauseMs);
    } catch (error) {
      if (!(error instanceof GenerationError)) throw error;
      generation[Symbol.dispose]();
      if (error.code === "QUEUE_FULL") this.#callAfter(1_000);
    }
    this.#open.delete(generation);
    this.#endedWork += workOf(generation);
    this.#endedOutput += generation.usage().outputTokens;
  }

  #run(input: readonly [number, number], output: readonly [number, number]): PreparedRun {
    const between = ([least, most]: readonly [number, number]): number =>
      least + Math.floor(this.#random.below(most - least + 1));
    return {
      spec: {
        inputTokens: Uint32Array.from({ length: between(input) }, () => 97 + Math.floor(this.#random.below(26))),
        sampling: { ...NEUTRAL_SAMPLING, temperature: 0, seed: 0xffff_ffff },
        output: { logprobs: undefined, tokenBytes: false },
        stopping: {
          maxOutputTokens: between(output),
          clampedByContext: false,
          stopSequences: [],
          stopTokenIds: [],
          ignoreEndOfGeneration: true,
          repetitionGuard: undefined,
          timeLimitMs: 24 * 3_600_000,
        },
        format: undefined,
        grammar: undefined,
        reasoningBudgetTokens: undefined,
        comesBack: false,
        tenant: this.name,
        cacheScope: this.name,
      },
      prepareMs: 0,
      deadlineMs: undefined,
      maxWaitMs: undefined,
    };
  }
}

/** The input counts once output comes, because a prefill that is under way is not reported token by token. */
function workOf(generation: Generation): number {
  const { inputTokens, reusedInputTokens, outputTokens } = generation.usage();
  return outputTokens === 0 ? 0 : inputTokens - reusedInputTokens + 2 * outputTokens;
}

/** Jain's index of fairness: 1 if all values are equal, and 1 / n if one has everything. */
export function jainIndex(values: readonly number[]): number {
  const sum = values.reduce((total, value) => total + value, 0);
  const squares = values.reduce((total, value) => total + value * value, 0);
  return (sum * sum) / (values.length * squares);
}
