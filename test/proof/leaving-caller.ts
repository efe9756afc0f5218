import { setTimeout as delay } from "node:timers/promises";
import { decodeStreamMessage, encodeRequest } from "../support/runtime-client.js";
import { RawHttp2Reader } from "../support/raw-http2-reader.js";
import type { Random } from "../support/random.js";

/** Where a call is meant to be when its caller leaves. */
export const STAGES = ["preparing", "waiting", "prefilling", "running", "parked", "blocked write"] as const;

export type Stage = (typeof STAGES)[number];

/** How a caller leaves. */
const WAYS = ["cancel", "disconnect", "deadline"] as const;

const METHOD = "rill.v1.GenerationService/GenerateStream";
const OPEN_WINDOW_BYTES = 65_535;
/** Holds one chunk: the write after it is blocked. */
const SHUT_WINDOW_BYTES = 64;

interface Plan {
  readonly prompt: string;
  readonly windowBytes: number;
  /** The event after which the caller may leave; undefined: at once. */
  readonly after: "queued" | "accepted" | "chunk" | undefined;
  /** About how long it takes to get there: a deadline has to be set before. */
  readonly reachMs: number;
  /** It leaves at a random moment up to so long after that. */
  readonly withinMs: number;
}

const WORDS = "the river carries stones and stories down to the wide grey sea ".repeat(40);

const PLANS: Readonly<Record<Stage, Plan>> = {
  preparing: {
    reachMs: 0,
    prompt: WORDS.slice(0, 1_800),
    windowBytes: OPEN_WINDOW_BYTES,
    after: undefined,
    withinMs: 4,
  },
  waiting: { reachMs: 2, prompt: "Say", windowBytes: OPEN_WINDOW_BYTES, after: "queued", withinMs: 40 },
  prefilling: {
    reachMs: 5,
    prompt: WORDS.slice(0, 1_500),
    windowBytes: OPEN_WINDOW_BYTES,
    after: "accepted",
    withinMs: 250,
  },
  running: { reachMs: 80, prompt: "Say", windowBytes: OPEN_WINDOW_BYTES, after: "chunk", withinMs: 150 },
  parked: { reachMs: 350, prompt: "Say", windowBytes: SHUT_WINDOW_BYTES, after: "chunk", withinMs: 1_200 },
  "blocked write": { reachMs: 150, prompt: "Say", windowBytes: SHUT_WINDOW_BYTES, after: "chunk", withinMs: 300 },
};

export interface Leaving {
  readonly random: Random;
  /** How many times longer than 20 ms a step takes here; at least 1. */
  readonly pace: number;
}

/** Opens a generation, brings it to about the stage that is wanted, and leaves in a random way. Where it really was, the server's log tells. */
export async function openAndLeave(address: string, stage: Stage, { random, pace }: Leaving): Promise<void> {
  const plan = PLANS[stage];
  // What comes after the first chunk takes as long as decoding does.
  const slowness = plan.after === "chunk" ? pace : 1;
  const way = random.pick(WAYS);
  const stayMs = random.below(plan.withinMs * slowness);
  let reached = (): void => undefined;
  const atStage = new Promise<void>((resolve) => (reached = resolve));
  if (plan.after === undefined) reached();
  const reader = await RawHttp2Reader.open({
    address,
    method: METHOD,
    request: encodeRequest(METHOD, {
      prompt: `${Math.floor(random.below(1e9))} ${plan.prompt}`,
      stopping: { max_output_tokens: 200, ignore_end_of_generation: true },
    }),
    windowBytes: plan.windowBytes,
    // Who is still there when the deadline should have passed leaves as the cancelling do.
    metadata: way === "deadline" ? { "grpc-timeout": `${Math.ceil(plan.reachMs * slowness + stayMs + 1)}m` } : {},
    onMessage: (bytes) => {
      if (decodeStreamMessage(bytes).event === plan.after) reached();
    },
  });
  await Promise.race([atStage, reader.ended]);
  if (plan.windowBytes === SHUT_WINDOW_BYTES) reader.pause();
  await Promise.race([delay(stayMs), reader.ended]);
  if (way === "disconnect") reader.disconnect();
  else reader.cancel();
  await reader[Symbol.asyncDispose]();
}
