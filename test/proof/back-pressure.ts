/**
 * A reader that stands still stops its own decoding and costs nothing else: on the real engine, by a raw HTTP/2 client with a window of 1 KiB.
 * Usage: npm run proof:back-pressure [-- --short]   (about 17 minutes; the short form 2)
 */
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { defaultModelPath } from "../support/default-model.js";
import { RuntimeClient } from "../support/runtime-client.js";
import { ServerProcess } from "../support/server-process.js";
import { fitSlope, type Reading } from "../support/linear-fit.js";
import { announce, type Finding, publish } from "./report.js";
import { StalledReader } from "./stalled-reader.js";
import { keepBusy, runGeneration } from "./traffic.js";

const { values: flags } = parseArgs({ options: { short: { type: "boolean", default: false } } });
const { short } = flags;
const STANDSTILL_MS = short ? 15_000 : 60_000;
const LOOKS_APART_MS = short ? 3_000 : 10_000;
const WARM_UP_MS = short ? 20_000 : 120_000;
const READERS_MS = short ? 40_000 : 600_000;
const OUTPUT_TOKENS = short ? 1_000 : 4_000;
const NEIGHBOUR_TOKENS = 200;
const MIB = 1024 * 1024;

const findings: Finding[] = [];
await using server = await ServerProcess.start({
  flags: [
    "--model",
    await defaultModelPath(),
    "--slots",
    "4",
    "--context-tokens",
    "4096",
    "--max-generation-time",
    "20m",
  ],
});
using client = new RuntimeClient(server.address);

announce("a reader stands still and reads on");
await standStillAndReadOn();
announce("a reader is cut off");
await beCutOff();
announce("ordinary traffic, then stalled readers, one after another");
const figures = await holdMemory();
publish({
  name: "back-pressure",
  command: `npm run proof:back-pressure${short ? " -- --short" : ""}`,
  seed: undefined,
  short,
  findings,
  figures,
});

/** Decoding stands still with the reader, neighbours do not notice, and every token comes once. */
async function standStillAndReadOn(): Promise<void> {
  await runGeneration(client, "To warm up:", NEIGHBOUR_TOKENS);
  const aloneMs = await runGeneration(client, "A neighbour, alone:", NEIGHBOUR_TOKENS);
  await using reader = await StalledReader.open({
    address: server.address,
    outputTokens: OUTPUT_TOKENS,
    slowReaderLimitSeconds: 120,
  });
  const stoppedAtMs = performance.now();
  await until(async () => (await client.load()).parked === 1);
  const besideMs = await runGeneration(client, "A neighbour, beside:", NEIGHBOUR_TOKENS);
  const before = await decodedTokens(reader.generationId);
  await delay(LOOKS_APART_MS);
  const after = await decodedTokens(reader.generationId);
  findings.push({
    what: `decoded tokens of a stalled generation of ${OUTPUT_TOKENS}, read twice ${LOOKS_APART_MS / 1000} s apart`,
    figure: `${before}, ${after}`,
    bound: "equal",
    holds: before === after && before > 0 && before < OUTPUT_TOKENS,
  });
  findings.push({
    what: "time of a neighbour's generation beside it, relative to alone",
    figure: (besideMs / aloneMs).toFixed(2),
    bound: "at most 1.25 (one run each on a shared machine)",
    holds: besideMs / aloneMs <= 1.25,
    timed: true,
  });
  await delay(Math.max(0, STANDSTILL_MS - (performance.now() - stoppedAtMs)));
  const { grpcStatus } = await reader.readOn();
  findings.push({
    what: `tokens received once the reader went on after ${STANDSTILL_MS / 1000} s`,
    figure: `${reader.tokens}, ${reader.flaws.length} flaws, status ${String(grpcStatus)}, ${reader.finishReason}`,
    bound: `${OUTPUT_TOKENS}, each once, no gap in the numbering, one end`,
    holds: reader.tokens === OUTPUT_TOKENS && reader.flaws.length === 0 && grpcStatus === 0,
  });
}

/** By the server's own rule the slot is free after 30 s, and a reader that goes on within the grace learns why. */
async function beCutOff(): Promise<void> {
  await using reader = await StalledReader.open({
    address: server.address,
    outputTokens: OUTPUT_TOKENS,
    slowReaderLimitSeconds: undefined,
  });
  const stoppedAtMs = performance.now();
  const stoppedAtTime = Date.now();
  const cutOffBefore = await slowReadersCounted();
  await until(async () => (await client.load()).slots_busy === 0);
  const freeAfterMs = performance.now() - stoppedAtMs;
  const { grpcStatus, trailers } = await reader.readOn();
  const line = server.log.find(({ generationId }) => generationId === reader.generationId);
  const loggedAfterMs = Date.parse(String(line?.time)) - stoppedAtTime;
  const holds = (ms: number): boolean => Math.abs(ms - 30_000) <= 1_000;
  findings.push(
    {
      what: "slot of a stalled reader free, in GetLoad",
      figure: `${(freeAfterMs / 1000).toFixed(2)} s`,
      bound: "30 ± 1 s",
      holds: holds(freeAfterMs),
      timed: true,
    },
    {
      what: "the same in the log",
      figure: `${(loggedAfterMs / 1000).toFixed(2)} s, ${String(line?.outcome)}`,
      bound: "30 ± 1 s, SLOW_READER",
      holds: holds(loggedAfterMs) && line?.outcome === "SLOW_READER",
      timed: true,
    },
    {
      what: "the same in the metrics",
      figure: `${(await slowReadersCounted()) - cutOffBefore} more`,
      bound: "1 more",
      holds: (await slowReadersCounted()) - cutOffBefore === 1,
    },
    {
      what: "status of a reader that goes on within the grace",
      figure: `${String(grpcStatus)}, ${String(trailers["grpc-message"])}`,
      bound: "8 (RESOURCE_EXHAUSTED), with details",
      holds: grpcStatus === 8 && trailers["grpc-status-details-bin"] !== undefined,
    },
  );
}

/** Resident memory under stalled readers, one after another, after ordinary traffic. */
async function holdMemory(): Promise<object> {
  const generations = await keepBusy(client, 4, WARM_UP_MS);
  const readings: Reading[] = [];
  const startedAtMs = performance.now();
  let readers = 0;
  while (performance.now() - startedAtMs < READERS_MS) {
    const reader = await StalledReader.open({
      address: server.address,
      outputTokens: OUTPUT_TOKENS,
      slowReaderLimitSeconds: 120,
    });
    readers += 1;
    await delay(5_000);
    readings.push({ x: (performance.now() - startedAtMs) / 60_000, y: server.residentBytes() / MIB });
    reader.cancel();
    await reader[Symbol.asyncDispose]();
    await until(async () => (await client.load()).slots_busy === 0);
  }
  const slope = fitSlope(readings);
  findings.push({
    what: `resident memory over ${READERS_MS / 60_000} min of ${readers} stalled readers, after ${WARM_UP_MS / 60_000} min of traffic`,
    figure: `${slope.toFixed(3)} MiB/min`,
    bound: "at most 1 MiB/min",
    holds: slope <= 1,
    timed: true,
  });
  return { generationsBefore: generations, residentMiB: readings.map(({ x, y }) => [round(x), round(y)]) };
}

async function decodedTokens(generationId: string): Promise<number> {
  const { generations } = await client.load();
  return generations.find((generation) => generation.generation_id === generationId)?.decoded_tokens ?? 0;
}

function slowReadersCounted(): Promise<number> {
  return server.metric('rill_generations_ended_total{outcome="SLOW_READER"}');
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await delay(20);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
