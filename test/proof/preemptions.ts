/**
 * A hundred readers that have stopped and fifty that trickle, on eight slots of the real engine: newcomers get their first token as on an idle server,
 * the trickling ones get every token once, and little is read in again. Usage: npm run proof:preemptions [-- --short]
 */
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { defaultModelPath } from "../support/default-model.js";
import { type LoadMessage, RuntimeClient, type StreamMessage } from "../support/runtime-client.js";
import { ServerProcess } from "../support/server-process.js";
import { percentile } from "../support/percentile.js";
import { announce, publish } from "./report.js";
import { StalledReader } from "./stalled-reader.js";
import { runGeneration } from "./traffic.js";

const { values: flags } = parseArgs({ options: { short: { type: "boolean", default: false } } });
const SLOTS = 8;
const STALLED = flags.short ? 20 : 100;
const TRICKLING = flags.short ? 10 : 50;
const TRICKLING_TOKENS = flags.short ? 120 : 240;
const TOKEN_MS = flags.short ? 250 : 1_000;
const NEWCOMERS = flags.short ? 8 : 60;
/** At a time. */
const ACTIVE = 2;
const LIMIT_SECONDS = 600;
/** Those who came last still get their first window. */
const SETTLE_MS = 10_000;
const ACTIVE_STATE = /PREFILLING|RUNNING/;

await using server = await ServerProcess.start({
  flags: [
    ...["--model", await defaultModelPath(), "--slots", String(SLOTS), "--context-tokens", "1024"],
    ...["--queue-per-slot", "64", "--max-queue-wait", "1h"],
  ],
});
using client = new RuntimeClient(server.address);

announce("an idle server");
await newcomers(ACTIVE);
const idleMs = await newcomers(NEWCOMERS);

announce(`${STALLED} stalled and ${TRICKLING} trickling readers come`);
const before = await client.load();
const stalled = await Promise.all(
  Array.from({ length: STALLED }, (_, n) =>
    StalledReader.open({
      address: server.address,
      prompt: `Story ${n} of a reader that has stopped:`,
      outputTokens: 900,
      slowReaderLimitSeconds: LIMIT_SECONDS,
    }),
  ),
);
const trickling = await Promise.all(
  Array.from({ length: TRICKLING }, (_, n) =>
    StalledReader.open({
      address: server.address,
      prompt: `Story ${n} of a reader that takes its time:`,
      outputTokens: TRICKLING_TOKENS,
      slowReaderLimitSeconds: LIMIT_SECONDS,
      tokenMs: TOKEN_MS,
    }),
  ),
);
announce("until all have begun, and their first windows are full");
while ((await client.load()).lanes.some(({ waiting }) => waiting > 0)) await delay(50);
await delay(SETTLE_MS);
announce("newcomers beside them");
const watch = watchActive();
const crowdedMs = await newcomers(NEWCOMERS);
const active = watch.stop();
const during = await client.load();
announce(`${during.preempted} preempted, ${during.parked} parked; waiting for those that trickle`);
const ends = await Promise.all(trickling.map(async (reader) => await reader.ended));
const after = await client.load();
for (const reader of stalled) await reader[Symbol.asyncDispose]();
while ((await client.load()).generations.length > 0) await delay(50);
const others = Math.max(0, Math.round(active) - ACTIVE);
announce(`no slow readers, and ${others} prompt ones beside the newcomers, as many as were active before`);
const promptReaders = keepReading(others);
const activeMs = await newcomers(NEWCOMERS);
await promptReaders.stop();

const whole = trickling.filter(
  (reader, index) => ends[index]?.grpcStatus === 0 && reader.tokens === TRICKLING_TOKENS && reader.flaws.length === 0,
);
const work = (load: LoadMessage): { reprefilledTokens: number; allTokens: number } => {
  const reprefilledTokens = Number(load.reprefilled_tokens_total);
  const allTokens = reprefilledTokens + Number(load.prefilled_tokens_total) + Number(load.decoded_tokens_total);
  return { reprefilledTokens, allTokens };
};
const reprefilledTokens = work(after).reprefilledTokens - work(before).reprefilledTokens;
const allTokens = work(after).allTokens - work(before).allTokens;
const idle = percentile(idleMs, 0.5);
const prompt = percentile(activeMs, 0.5);
const crowded = percentile(crowdedMs, 0.5);
publish({
  name: "preemptions",
  command: `npm run proof:preemptions${flags.short ? " -- --short" : ""}`,
  seed: undefined,
  short: flags.short,
  findings: [
    {
      what: `time to first token of a newcomer beside ${STALLED} stalled and ${TRICKLING} trickling readers, ${ACTIVE} newcomers at a time, median of ${NEWCOMERS}`,
      figure: `${crowded.toFixed(0)} ms, ${(crowded / prompt).toFixed(2)} of the ${prompt.toFixed(0)} ms beside ${others} prompt readers, as many as were active; p90 ${percentile(crowdedMs, 0.9).toFixed(0)} and ${percentile(activeMs, 0.9).toFixed(0)} ms; on an idle server ${idle.toFixed(0)} ms`,
      bound: "at most 1.5",
      holds: crowded <= 1.5 * prompt,
      timed: true,
    },
    {
      what: `trickling readers that got each of ${TRICKLING_TOKENS} tokens once`,
      figure: `${whole.length} of ${TRICKLING}; ${trickling.reduce((sum, { restarts }) => sum + restarts, 0)} restarts`,
      bound: "all",
      holds: whole.length === TRICKLING,
    },
    {
      what: "tokens read in again by runs that came back, of all tokens read in and decoded",
      figure: `${reprefilledTokens} of ${allTokens}, ${((100 * reprefilledTokens) / allTokens).toFixed(1)} %; ${Number(after.preemptions_total) - Number(before.preemptions_total)} preemptions`,
      bound: "at most 10 %",
      holds: reprefilledTokens <= 0.1 * allTokens,
    },
  ],
  figures: { active, idleMs, crowdedMs, activeMs },
});
for (const reader of trickling) await reader[Symbol.asyncDispose]();

/** Watches how many generations are being read in or decode, in the mean. */
function watchActive(): { stop: () => number } {
  const counts: number[] = [];
  const look = async (): Promise<void> => {
    const { generations } = await client.load();
    counts.push(generations.filter(({ state }) => ACTIVE_STATE.test(state)).length);
  };
  const timer = setInterval(() => void look(), 100);
  return {
    stop: () => {
      clearInterval(timer);
      return counts.reduce((sum, count) => sum + count, 0) / Math.max(1, counts.length);
    },
  };
}

/** So many readers that take everything at once, one generation after another, until they are stopped. */
function keepReading(count: number): { stop: () => Promise<void> } {
  let goesOn = true;
  const reader = async (name: number): Promise<void> => {
    while (goesOn) await runGeneration(client, `Reader ${name} that is prompt:`, 64);
  };
  const readers = Promise.all(Array.from({ length: count }, (_, name) => reader(name)));
  return {
    stop: async () => {
      goesOn = false;
      await readers;
    },
  };
}

/** So many callers, a few at a time. @returns their times to the first token, in ms */
async function newcomers(count: number): Promise<number[]> {
  const timesMs: number[] = [];
  let next = 0;
  const caller = async (): Promise<void> => {
    while (next < count) timesMs.push(await timeToFirstToken(next++));
  };
  await Promise.all(Array.from({ length: ACTIVE }, caller));
  return timesMs;
}

async function timeToFirstToken(name: number): Promise<number> {
  const startedAtMs = performance.now();
  const stream = client.generateStream({
    prompt: `${name}. A newcomer asks for a few words about the weather in the mountains, and would like to have them soon:`,
    stopping: { max_output_tokens: 24, ignore_end_of_generation: true },
  });
  let firstMs: number | undefined;
  for await (const message of stream as AsyncIterable<StreamMessage>) {
    if (message.event === "chunk") firstMs ??= performance.now() - startedAtMs;
  }
  if (firstMs === undefined) throw new Error("a generation ended without a chunk");
  return firstMs;
}
