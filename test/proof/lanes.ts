/**
 * Streams and unary calls share the slots by weight (3 : 1): with the queue of one lane full, a call of the other waits for a bounded number of starts. On
 * the real engine, both ways. Usage: npm run proof:lanes [-- --short]
 */
import { parseArgs } from "node:util";
import { defaultModelPath } from "../support/default-model.js";
import { RuntimeClient, type StreamMessage } from "../support/runtime-client.js";
import { ServerProcess } from "../support/server-process.js";
import { percentile } from "../support/percentile.js";
import { type Finding, publish } from "./report.js";

const { values: flags } = parseArgs({ options: { short: { type: "boolean", default: false } } });
const ROUNDS = flags.short ? 3 : 12;
const SLOTS = 2;
const QUEUE_PER_SLOT = 8;
const OUTPUT_TOKENS = 24;

type Lane = "LANE_INTERACTIVE" | "LANE_BATCH";

/**
 * Starts of the full lane that a newcomer of the other may see before its own, by the weights 3 : 1. An interactive newcomer waits for at most one batch
 * start; a batch newcomer for three interactive ones. One more may be under way in each.
 */
const BOUNDS: Readonly<Record<Lane, number>> = { LANE_INTERACTIVE: 1 + 1, LANE_BATCH: 3 + 1 };

await using server = await ServerProcess.start({
  flags: [
    ...["--model", await defaultModelPath(), "--slots", String(SLOTS), "--context-tokens", "512"],
    ...["--queue-per-slot", String(QUEUE_PER_SLOT), "--max-queue-wait", "1h"],
  ],
});
using client = new RuntimeClient(server.address);
const findings: Finding[] = [await newcomer("LANE_BATCH"), await newcomer("LANE_INTERACTIVE")];
publish({
  name: "lanes",
  command: `npm run proof:lanes${flags.short ? " -- --short" : ""}`,
  seed: undefined,
  short: flags.short,
  findings,
});

/** In each round the queue of the other lane is filled, then one call of `lane` comes. */
async function newcomer(lane: Lane): Promise<Finding> {
  const crowd: Lane = lane === "LANE_BATCH" ? "LANE_INTERACTIVE" : "LANE_BATCH";
  const startsBefore: number[] = [];
  const waitsMs: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const started: string[] = [];
    const places = SLOTS + SLOTS * QUEUE_PER_SLOT;
    const crowded = Array.from({ length: places }, (_, n) => runInLane(crowd, `${round}.${n}`, started));
    await lineFull(crowd);
    const startedBefore = started.length;
    const cameAtMs = performance.now();
    const startedAtMs = await runInLane(lane, "newcomer", started);
    waitsMs.push(startedAtMs - cameAtMs);
    startsBefore.push(started.indexOf("newcomer") - startedBefore);
    await Promise.all(crowded);
  }
  const most = percentile(startsBefore, 1);
  const laneName = lane === "LANE_BATCH" ? "batch" : "interactive";
  return {
    what: `starts of the other lane, its queue of ${SLOTS * QUEUE_PER_SLOT} full, before a newcomer's in lane ${laneName} (${ROUNDS} rounds)`,
    figure: `most ${most}, median ${percentile(startsBefore, 0.5)}; wait median ${percentile(waitsMs, 0.5).toFixed(0)} ms, most ${percentile(waitsMs, 1).toFixed(0)} ms`,
    bound: `at most ${BOUNDS[lane]}`,
    holds: most <= BOUNDS[lane],
  };
}

/** Runs one generation to its end and notes its name when its first chunk comes. @returns when that was */
async function runInLane(lane: Lane, name: string, started: string[]): Promise<number> {
  const stream = client.generateStream({
    prompt: `${name}: once upon a time`,
    stopping: { max_output_tokens: OUTPUT_TOKENS, ignore_end_of_generation: true },
    scheduling: { lane },
  });
  let startedAtMs: number | undefined;
  for await (const message of stream as AsyncIterable<StreamMessage>) {
    if (message.event !== "chunk" || startedAtMs !== undefined) continue;
    startedAtMs = performance.now();
    started.push(name);
  }
  if (startedAtMs === undefined) throw new Error("a generation ended without a chunk");
  return startedAtMs;
}

async function lineFull(lane: Lane): Promise<void> {
  for (;;) {
    const { lanes } = await client.load();
    const waiting = lanes.find((candidate) => candidate.lane === lane)?.waiting ?? 0;
    // One or two may have been started meanwhile.
    if (waiting >= SLOTS * QUEUE_PER_SLOT - SLOTS) return;
  }
}
