/**
 * Callers that leave at random moments in every stage, by cancel, deadline or disconnect, on the real engine; then 3,000 short generations. Afterwards
 * everything is as it was. What stage each was met in and how long its slot was held afterwards is read from the server's log.
 * Usage: npm run proof:cancels [-- --short] [--seed N]
 */
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { defaultModelPath } from "../support/default-model.js";
import { RuntimeClient } from "../support/runtime-client.js";
import type { LogLine } from "../support/server-child.js";
import { ServerProcess } from "../support/server-process.js";
import { openAndLeave, type Stage, STAGES } from "./leaving-caller.js";
import { fitSlope, type Reading } from "../support/linear-fit.js";
import { percentile } from "../support/percentile.js";
import { Random } from "../support/random.js";
import { announce, type Finding, publish } from "./report.js";
import { StalledReader } from "./stalled-reader.js";
import { keepBusy, runGeneration } from "./traffic.js";

const { values: flags } = parseArgs({
  options: { short: { type: "boolean", default: false }, seed: { type: "string", default: "1" } },
});
const { short } = flags;
const seed = Number(flags.seed);
const SLOTS = 8;
const CALLS_PER_STAGE = short ? 20 : 1_500;
const SHORT_GENERATIONS = short ? 200 : 3_000;
const CALLERS = 16;
const WARM_UP_MS = short ? 10_000 : 60_000;
/** Tokens that were decoded and not taken by the reader, from which on its write must be blocked: one more than can be on the way. */
const BLOCKED_TOKENS = 3;
/** Of the ordinary traffic. */
const TOKENS_OF_A_GENERATION = 32;
/** For which the callers' plans were made. */
const FAST_STEP_MS = 20;
/** Of each stage and each of the callers, before anything is measured: the first of a kind takes memory that is kept. */
const WARM_UP_CALLS = short ? 1 : 8;
const MIB = 1024 * 1024;

/** What one ended generation tells. */
interface Release {
  readonly stage: Stage;
  /** From the abort until nothing was held any more. */
  readonly releaseMs: number;
  /** How long the engine's step lasted that was under way, up to the end of the run. */
  readonly stepMs: number;
}

const releases = new Map<Stage, Release[]>(STAGES.map((stage) => [stage, []]));
const findings: Finding[] = [];
const random = new Random(seed);

await using server = await ServerProcess.start({
  flags: [
    ...[
      "--model",
      await defaultModelPath(),
      "--slots",
      String(SLOTS),
      "--context-tokens",
      "1024",
      "--log-level",
      "debug",
    ],
    ...["--queue-per-slot", "64", "--max-queue-wait", "1h", "--credit-pieces", "8"],
  ],
  onLog: noteRelease,
});
using client = new RuntimeClient(server.address);

announce("ordinary traffic");
const generations = await keepBusy(client, SLOTS, WARM_UP_MS);
const stepMs = (SLOTS * WARM_UP_MS) / (generations * TOKENS_OF_A_GENERATION);
const leaving = { random, pace: Math.max(1, stepMs / FAST_STEP_MS) };
for (const stage of STAGES) {
  // As many side by side as later: what they take together is kept too.
  const leave = async (): Promise<void> => {
    for (let n = 0; n < WARM_UP_CALLS; n += 1) await openAndLeave(server.address, stage, leaving);
  };
  await Promise.all(Array.from({ length: SLOTS }, leave));
}
await quiet();
const before = await holdings();
for (const met of releases.values()) met.length = 0;
const readings: Reading[] = [];
const startedAtMs = performance.now();
const sampler = setInterval(() => {
  readings.push({ x: (performance.now() - startedAtMs) / 60_000, y: server.residentBytes() / MIB });
}, 1_000);
for (const stage of STAGES) {
  announce(
    `callers leave in stage ${stage}; met so far: ${STAGES.map((name) => releases.get(name)?.length ?? 0).join(", ")}`,
  );
  await leaveOften(stage);
}
announce("short generations");
for (let done = 0; done < SHORT_GENERATIONS; done += SLOTS) {
  await Promise.all(Array.from({ length: SLOTS }, (_, n) => runGeneration(client, `${done + n}: one, two,`, 8)));
}
clearInterval(sampler);
await quiet();
judge(before, await holdings());
publish({
  name: "cancels",
  command: `npm run proof:cancels -- --seed ${seed}${short ? " --short" : ""}`,
  seed,
  short,
  findings,
  figures: { residentMiB: readings.filter((_, n) => n % 10 === 0).map(({ x, y }) => [round(x), round(y)]) },
});

/** Sends callers until so many have been met in the stage, however many that takes (within reason: some are met elsewhere). */
async function leaveOften(stage: Stage): Promise<void> {
  const holders = stage === "waiting" ? await takeAllSlots() : [];
  const untilMs = performance.now() + (short ? 90_000 : 900_000);
  const met = (): number => releases.get(stage)?.length ?? 0;
  const leave = async (): Promise<void> => {
    while (met() < CALLS_PER_STAGE && performance.now() < untilMs) await openAndLeave(server.address, stage, leaving);
  };
  await Promise.all(Array.from({ length: stage === "waiting" || stage === "preparing" ? CALLERS : SLOTS }, leave));
  for (const holder of holders) await holder[Symbol.asyncDispose]();
  await quiet();
}

async function takeAllSlots(): Promise<StalledReader[]> {
  const open = (): Promise<StalledReader> =>
    StalledReader.open({ address: server.address, outputTokens: 900, slowReaderLimitSeconds: 600 });
  return await Promise.all(Array.from({ length: SLOTS }, open));
}

function noteRelease(line: LogLine): void {
  const { endedIn, outcome, releaseMs, stepMs, outputTokens, deliveredTokens } = line;
  if (outcome !== "CANCELLED" && outcome !== "DEADLINE_EXCEEDED") return;
  if (typeof endedIn !== "string" || typeof releaseMs !== "number" || typeof stepMs !== "number") return;
  const blocked = endedIn === "running" && Number(outputTokens) - Number(deliveredTokens) >= BLOCKED_TOKENS;
  const stage = blocked ? "blocked write" : (endedIn as Stage);
  releases.get(stage)?.push({ stage, releaseMs, stepMs });
}

/** Nothing runs, waits or is being prepared. */
async function quiet(): Promise<void> {
  while ((await client.load()).generations.length > 0) await delay(20);
  // Sockets of callers that have just left are closed by the next turn of the server's loop.
  await delay(500);
}

interface Holdings {
  readonly descriptors: string;
  readonly handles: number;
  readonly slotsBusy: number;
  readonly waiting: number;
}

async function holdings(): Promise<Holdings> {
  const load = await client.load();
  return {
    descriptors: server.openDescriptors().join(" "),
    handles: await server.metric("nodejs_active_resources_total"),
    slotsBusy: load.slots_busy,
    waiting: load.lanes.reduce((sum, lane) => sum + lane.waiting, 0),
  };
}

function judge(earlier: Holdings, later: Holdings): void {
  for (const stage of STAGES) {
    const met = releases.get(stage) ?? [];
    findings.push({
      what: `callers who left in stage ${stage}`,
      figure: `${met.length} met there`,
      bound: `at least ${CALLS_PER_STAGE}`,
      holds: met.length >= CALLS_PER_STAGE,
    });
    if (met.length === 0) continue;
    // A parked run has no part in the step under way: its bound is a step like any other.
    const overMs = met.map((release) => release.releaseMs - (stage === "parked" ? stepMs : release.stepMs));
    const [middle, most, worst] = [0.5, 0.99, 1].map((share) => percentile(overMs, share));
    const releaseMs = met.map((release) => release.releaseMs);
    const [wholeMiddle, wholeMost] = [0.5, 0.99].map((share) => percentile(releaseMs, share));
    findings.push({
      what: `time from the abort in stage ${stage} to the free slot, beyond ${stage === "parked" ? "a step of the ordinary traffic" : "the step under way"}`,
      figure:
        `p50 ${middle?.toFixed(2)} ms, p99 ${most?.toFixed(2)} ms, worst ${worst?.toFixed(2)} ms; ` +
        `the step included: p50 ${wholeMiddle?.toFixed(2)} ms, p99 ${wholeMost?.toFixed(2)} ms`,
      bound: "p99 at most 2 ms",
      holds: most !== undefined && most <= 2,
      timed: true,
    });
  }
  findings.push({
    what: "descriptors, handles, busy slots, waiting calls, before and after",
    figure: `${JSON.stringify(earlier)}, ${JSON.stringify(later)}`,
    bound: "the same",
    holds: JSON.stringify(earlier) === JSON.stringify(later),
  });
  const slope = fitSlope(readings);
  findings.push({
    what: `resident memory over all of it, ${SHORT_GENERATIONS} short generations included`,
    figure: `${slope.toFixed(3)} MiB/min`,
    bound: "at most 1 MiB/min",
    holds: slope <= 1,
    timed: true,
  });
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
