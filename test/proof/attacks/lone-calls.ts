import { setTimeout as delay } from "node:timers/promises";
import type { ServiceError } from "@grpc/grpc-js";
import { RuntimeClient, type StreamMessage } from "../../support/runtime-client.js";
import { runGeneration } from "../traffic.js";
import type { Attack, Ground, Outcome } from "./attack.js";
import { claimAll } from "./claims.js";

const LONG_TOKENS = 800;
const SHORT_TOKENS = 3;
const GENERATE = "rill.v1.GenerationService/Generate";
const DONE = "done";
/** At most the capacity of the queue. */
const LONG_WAITS_SECONDS = [60, 300, 600];
/** From a call to its refusal, if there is one. */
const REFUSED_WITHIN_MS = 500;

const CANCEL_LEAVES_WITHIN_MS = 3;

async function codeOf(call: Promise<unknown>): Promise<string> {
  return await call.then(
    () => DONE,
    (error: unknown) => (error as ServiceError).message,
  );
}

/** A stream of many tokens, and when its first came. */
function startLong(client: RuntimeClient): { readonly started: Promise<void>; readonly cancel: () => void } {
  const stream = client.generateStream({
    prompt: "ab",
    stopping: { max_output_tokens: LONG_TOKENS, ignore_end_of_generation: true },
  });
  const started = new Promise<void>((resolve, reject) => {
    stream.on("error", reject);
    stream.on("data", ({ event }: StreamMessage) => {
      if (event === "chunk") resolve();
    });
  });
  return { started, cancel: () => stream.cancel() };
}

/** A call right behind the cancel of a long one, which still has the only slot. */
async function callBehindCancel(client: RuntimeClient): Promise<string> {
  const stream = startLong(client);
  const got = await codeOf(stream.started);
  stream.cancel();
  // Node may write a cancel behind the headers of the next call; the server can only count what it has seen. A step takes longer than this.
  await delay(CANCEL_LEAVES_WITHIN_MS);
  if (got !== DONE) return `the long stream before it: ${got}`;
  return await codeOf(runGeneration(client, "ab", SHORT_TOKENS));
}

async function callBehindCancels({ address, short }: Ground) {
  using client = new RuntimeClient(address);
  // What the server estimates by.
  await runGeneration(client, "ab", LONG_TOKENS / 10);
  const cases = [];
  for (let n = 1; n <= (short ? 5 : 20); n += 1) {
    cases.push({ name: `call ${n}`, got: await callBehindCancel(client), wanted: DONE });
  }
  return cases;
}

async function callWithLongWaits({ address }: Ground) {
  using client = new RuntimeClient(address);
  await runGeneration(client, "ab", LONG_TOKENS / 10);
  const stream = startLong(client);
  const got = await codeOf(stream.started);
  const calls = LONG_WAITS_SECONDS.map(async (seconds) => {
    const call = client.unary(GENERATE, {
      prompt: "ab",
      stopping: { max_output_tokens: SHORT_TOKENS, ignore_end_of_generation: true },
      scheduling: { max_wait: { seconds } },
    });
    return { name: `max_wait of ${seconds} s`, got: await codeOf(call), wanted: DONE };
  });
  await delay(REFUSED_WITHIN_MS);
  stream.cancel();
  return [{ name: "the stream before them", got, wanted: DONE }, ...(await Promise.all(calls))];
}

export const LONE_CALLS: readonly Attack[] = [
  {
    name: "calls behind cancels",
    sends: "20 calls on one slot, each right behind the caller's own cancel of a stream of 800 tokens",
    oneSlot: true,
    run: async (ground: Ground): Promise<Outcome> => {
      return { claims: [claimAll("calls behind a cancel that were served", await callBehindCancels(ground))] };
    },
  },
  {
    name: "long waits",
    sends:
      "calls with a max_wait of up to ten minutes to an empty line behind a stream of 800 tokens that has the only slot",
    oneSlot: true,
    run: async (ground: Ground): Promise<Outcome> => {
      return { claims: [claimAll("waits in an empty line that were taken", await callWithLongWaits(ground))] };
    },
  },
];
