/**
 * Aggregate tokens per second of Rill (through gRPC) and of llama-server (through HTTP), side by side: same model file, same kernels, same threads, equal
 * work, alternating rounds, median of the rounds' ratios. Usage: node dist/test/bench/throughput.js [--streams 8] [--rounds 5] [--tokens 100]
 */
import { parseArgs } from "node:util";
import { usableThreads } from "../../src/engine/usable-threads.js";
import { defaultModelPath } from "../support/default-model.js";
import { ServerProcess } from "../support/server-process.js";
import type { Driver } from "./driver.js";
import { createLlamaDriver } from "./llama-driver.js";
import { median } from "./median.js";
import { findOrBuildPeer } from "./peer/find-or-build-peer.js";
import { PeerServer } from "./peer/peer-server.js";
import { createRillDriver } from "./rill-driver.js";

const CONTEXT_TOKENS = 2048;

const { values: flags } = parseArgs({
  options: {
    streams: { type: "string", default: "8" },
    rounds: { type: "string", default: "5" },
    tokens: { type: "string", default: "100" },
  },
});
const streams = Number(flags.streams);
const outputTokens = Number(flags.tokens);

const peer = await findOrBuildPeer();
if ("skipped" in peer) {
  console.log(`skipped: ${peer.skipped}`);
} else {
  const modelPath = await defaultModelPath();
  const threads = usableThreads();
  await using llama = await PeerServer.start({
    path: peer.path,
    modelPath,
    slots: streams,
    contextTokens: CONTEXT_TOKENS,
    threads,
  });
  await using rill = await ServerProcess.start({
    flags: [
      ...["--model", modelPath, "--slots", String(streams), "--threads", String(threads)],
      ...["--context-tokens", String(CONTEXT_TOKENS), "--max-line-wait", "10m"],
    ],
  });
  const ours = createRillDriver(rill.address);
  const theirs = createLlamaDriver(llama.baseUrl);
  await measure(ours, 0);
  await measure(theirs, 0);
  const ratios: number[] = [];
  for (let round = 1; round <= Number(flags.rounds); round += 1) {
    // Who goes first alternates too, so that a machine that slows down favours neither.
    const order = round % 2 === 0 ? [ours, theirs] : [theirs, ours];
    const rates = new Map<Driver, number>();
    for (const driver of order) rates.set(driver, await measure(driver, round));
    const ratio = (rates.get(ours) ?? 0) / (rates.get(theirs) ?? 1);
    ratios.push(ratio);
    console.log(
      `round ${String(round)}: rill ${(rates.get(ours) ?? 0).toFixed(0)} tok/s, llama-server ${(rates.get(theirs) ?? 0).toFixed(0)} tok/s, ratio ${ratio.toFixed(3)}`,
    );
  }
  console.log(`median ratio at ${String(streams)} streams, ${String(threads)} threads: ${median(ratios).toFixed(3)}`);
}

/** Tokens per second over all streams, from the first call opened to the last token received. */
async function measure(driver: Driver, round: number): Promise<number> {
  const startedAtMs = performance.now();
  const works = Array.from({ length: streams }, (_, stream) => ({
    prompt: `Round ${String(round)}, story ${String(stream)}. Once upon a time there was`,
    outputTokens,
  }));
  await Promise.all(works.map((work) => driver.generate(work)));
  return (streams * outputTokens * 1000) / (performance.now() - startedAtMs);
}
