import { setTimeout as sleep } from "node:timers/promises";
import type { ServerProcess } from "../../support/server-process.js";
import type { BenchCase } from "../bench-case.js";
import { measureWork } from "../measure-work.js";
import { PathClient } from "../path-client.js";
import { toRow } from "../bench-row.js";
import { startBareServer, startPathServer } from "../path-server.js";

const STREAMS = 16;
/** 25 steps a second: what two to four cores make of a model of some 1.5 billion parameters. */
const STEP_MS = 40;
const PROMPT = "Once upon a time";
/** All streams are under way by then. */
const SETTLE_MS = 1_000;

/** Sixteen streams at the pace of a real model, each of whose tokens goes out in a message of its own: how busy the main thread is. */
export const pathPace: BenchCase = {
  name: "path-pace",
  title: "The gRPC path alone: sixteen streams at 25 steps a second, beside bare @grpc/grpc-js",
  async run({ rounds, short, announce }) {
    const measuredMs = short ? 500 : 8_000;
    await using rill = await startPathServer({ slots: STREAMS, stepMs: STEP_MS });
    await using bare = await startBareServer();
    using ours = new PathClient(rill.address);
    using theirs = new PathClient(bare.address);
    const outputTokens = 1_000_000;
    for (let stream = 0; stream < STREAMS; stream++) {
      ours.openRill({ prompt: PROMPT, outputTokens }).on("error", ignore).resume();
      theirs.openBare({ messages: outputTokens, messageBytes: 30, intervalMs: STEP_MS }).on("error", ignore).resume();
    }
    await sleep(SETTLE_MS);
    const figures = [];
    for (let round = 1; round <= rounds; round++) {
      announce(`round ${round} of ${rounds}`);
      const path = await measureWork(rill, () => utilization(rill, measuredMs));
      const peer = await measureWork(bare, () => sleep(measuredMs));
      figures.push({ path, peer });
    }
    return {
      rows: [
        toRow(
          { what: "event loop utilization of the main thread", unit: "", aim: { about: "figure", atMost: 0.2 } },
          figures.map(({ path }) => ({ rill: path.result })),
        ),
        toRow(
          { what: "main thread's share of a core", unit: "" },
          figures.map(({ path, peer }) => ({
            rill: path.mainThreadMs / path.wallMs,
            peer: peer.mainThreadMs / peer.wallMs,
          })),
        ),
      ],
      plots: [],
    };
  },
};

async function utilization(server: ServerProcess, durationMs: number): Promise<number> {
  const busyMs = (): Promise<number> => server.metric("rill_event_loop_active_seconds_total");
  const idleMs = (): Promise<number> => server.metric("rill_event_loop_idle_seconds_total");
  const before = { busy: await busyMs(), idle: await idleMs() };
  await sleep(durationMs);
  const after = { busy: await busyMs(), idle: await idleMs() };
  const [busy, idle] = [after.busy - before.busy, after.idle - before.idle];
  return busy / (busy + idle);
}

function ignore(): void {
  // The streams end with their servers.
}
