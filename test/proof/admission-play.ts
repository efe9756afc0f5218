import { NEUTRAL_SAMPLING } from "../../src/engine/engine.js";
import { GenerationError } from "../../src/core/generation-error.js";
import type { WaitVerdict } from "../../src/core/load-snapshot.js";
import type { Generation } from "../../src/scheduler/generation/generation.js";
import { VirtualServer } from "../support/virtual-server.js";
import { DECODE_MS, PREFILL_TOKEN_MS, type ScriptedCall } from "./admission-load.js";
import { Random } from "../support/random.js";

/** How a call ended: done in time, refused before it was accepted, given up when its turn came or its deadline passed. */
export type Fate = "met" | "refused" | "given_up" | "missed";

export interface Play {
  fateOf(call: ScriptedCall): Fate;
  /** How the waits were beside their estimates. */
  readonly verdicts: Readonly<Record<WaitVerdict, number>>;
  /** Time of the load that the play took, in ms. */
  readonly lastedMs: number;
}

const ENGINE = { sequences: 8, contextTokens: 4_096 };
/** Steps vary by so much of their time, both ways. */
const JITTER = 0.1;
/** Roomy, so that nothing but a deadline is a reason to refuse. */
const LIMITS = { queuePerSlot: 256, queueWaitMs: 24 * 3_600_000, calls: 65_536 };

/**
 * Plays a load against the scheduler, the step loop and a paced engine on a virtual clock. The same load gives the same play.
 * @param tells whether the scheduler is told of the deadlines; if not, they pass all the same
 */
export async function playLoad(load: readonly ScriptedCall[], { tells }: { tells: boolean }): Promise<Play> {
  const random = new Random(1);
  const stepMs = (pulls: number, prefillTokens: number): number =>
    (DECODE_MS(pulls) + prefillTokens * PREFILL_TOKEN_MS) * (1 - JITTER + random.below(2 * JITTER));
  await using server = new VirtualServer({ engine: { ...ENGINE, stepMs }, limits: LIMITS });
  const { clock } = server;
  const fates = new Map<ScriptedCall, Fate>();
  const arrive = (index: number): void => {
    const call = load[index];
    if (call === undefined) return;
    clock.startTimer(Math.max(0, call.atMs - clock.nowMs()), () => {
      void serve(server, call, tells).then((fate) => fates.set(call, fate));
      arrive(index + 1);
    });
  };
  arrive(0);
  await server.until(() => fates.size === load.length);
  const fateOf = (call: ScriptedCall): Fate => {
    const fate = fates.get(call);
    if (fate === undefined) throw new Error("the call is not of this load");
    return fate;
  };
  return { fateOf, verdicts: server.scheduler.load().waitEstimates.verdicts, lastedMs: clock.nowMs() };
}

/** One call from its arrival to its end, read at once. Never rejects for what the scheduler decides. */
async function serve({ clock, scheduler }: VirtualServer, call: ScriptedCall, isTold: boolean): Promise<Fate> {
  const { lane, maxOutputTokens, exact } = call;
  const controller = new AbortController();
  const { signal } = controller;
  using generation = scheduler.open({ tenant: "", requestId: undefined, lane, labels: new Map(), signal });
  const passes = (): void => controller.abort(new GenerationError("DEADLINE_EXCEEDED", "the deadline passed"));
  using _timer = call.deadlineMs === undefined ? undefined : clock.startTimer(call.deadlineMs, passes);
  const deadlineMs = call.deadlineMs === undefined || !isTold ? undefined : clock.nowMs() + call.deadlineMs;
  let wasAccepted = false;
  try {
    scheduler.submit(generation, {
      spec: {
        tenant: "",
        cacheScope: "",
        inputTokens: call.inputTokens,
        sampling: { ...NEUTRAL_SAMPLING, temperature: 0, seed: exact ? 0xffff_ffff : call.naturalTokens },
        output: { logprobs: undefined, tokenBytes: false },
        stopping: {
          maxOutputTokens,
          clampedByContext: false,
          stopSequences: [],
          stopTokenIds: [],
          ignoreEndOfGeneration: exact,
          repetitionGuard: undefined,
          timeLimitMs: 600_000,
        },
        format: undefined,
        grammar: undefined,
        reasoningBudgetTokens: undefined,
        comesBack: false,
      },
      prepareMs: 0,
      deadlineMs,
      maxWaitMs: undefined,
    });
    wasAccepted = true;
    await readToEnd(generation);
    return "met";
  } catch (error) {
    if (!(error instanceof GenerationError) || error.code !== "DEADLINE_EXCEEDED") throw error;
    return !wasAccepted ? "refused" : signal.aborted ? "missed" : "given_up";
  }
}

async function readToEnd(generation: Generation): Promise<void> {
  for (;;) {
    const event = await generation.next();
    if (event.type === "pieces") generation.taken(event.pieces);
    if (event.type === "finished") return;
  }
}
