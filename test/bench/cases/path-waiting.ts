import type * as grpc from "@grpc/grpc-js";
import type { ServerProcess } from "../../support/server-process.js";
import type { BenchCase } from "../bench-case.js";
import { PathClient } from "../path-client.js";
import { toRow } from "../bench-row.js";
import { startBareServer, startPathServer } from "../path-server.js";

const SLOTS = 10;
const BATCH = 100;
const PROMPT = "Once upon a time";
const STEP_MS = 100;
/** So many that the slots stay taken, and so few that a line of ten thousand is thought to take less than an hour, the most that may be waited. */
const HELD_TOKENS = 5_000;
const WAITING_TOKENS = 16;

/** The cost of a call that waits in the queue, in resident memory and in time to join, from the first to the ten-thousandth. */
export const pathWaiting: BenchCase = {
  name: "path-waiting",
  title: "The gRPC path alone: ten thousand calls in the queue, beside streams held open by bare @grpc/grpc-js",
  async run({ rounds, short, announce }) {
    const calls = short ? 200 : 10_000;
    const figures = [];
    for (let round = 1; round <= rounds; round++) {
      announce(`round ${round} of ${rounds}`);
      figures.push({ path: await lineUpAtRill(calls), peer: await holdAtBare(calls) });
    }
    return {
      rows: [
        toRow(
          { what: `resident memory of a waiting call, of ${calls}`, unit: "KiB", aim: { about: "figure", atMost: 20 } },
          figures.map(({ path, peer }) => ({ rill: path.residentKib, peer: peer.residentKib })),
        ),
        toRow(
          { what: `time until ${calls} calls are in the queue`, unit: "s" },
          figures.map(({ path, peer }) => ({ rill: path.totalMs / 1_000, peer: peer.totalMs / 1_000 })),
        ),
        toRow(
          { what: "main thread's time of the last calls to join", unit: "ms" },
          figures.map(({ path, peer }) => ({ rill: path.joinMs.at(-1) ?? 0, peer: peer.joinMs.at(-1) ?? 0 })),
        ),
      ],
      plots: [
        {
          title: "Main thread's time for one more call in the queue",
          xLabel: "calls in the queue",
          yLabel: "ms",
          marks: "lines",
          series: figures.slice(-1).flatMap(({ path, peer }) => [
            { name: "rill", points: path.joinMs.map((ms, index) => [(index + 1) * BATCH, ms] as const) },
            { name: "bare @grpc/grpc-js", points: peer.joinMs.map((ms, index) => [(index + 1) * BATCH, ms] as const) },
          ]),
        },
      ],
    };
  },
};

interface Crowd {
  readonly residentKib: number;
  readonly totalMs: number;
  /** Of each batch, the main thread's time a call. */
  readonly joinMs: readonly number[];
}

async function lineUpAtRill(calls: number): Promise<Crowd> {
  await using server = await startPathServer({
    slots: SLOTS,
    stepMs: STEP_MS,
    flags: {
      "queue-per-slot": String(Math.ceil(calls / SLOTS)),
      "max-queue-wait": "1h",
      "max-calls": "65536",
      "max-connection-streams": "65536",
    },
  });
  using client = new PathClient(server.address);
  await openAll(SLOTS, () => client.openRill({ prompt: PROMPT, outputTokens: HELD_TOKENS }));
  return await crowd(server, calls, () => client.openRill({ prompt: PROMPT, outputTokens: WAITING_TOKENS }));
}

async function holdAtBare(calls: number): Promise<Crowd> {
  await using server = await startBareServer();
  using client = new PathClient(server.address);
  const open = (): Stream => client.openBare({ messages: 2, messageBytes: 64, hold: true });
  await openAll(SLOTS, open);
  return await crowd(server, calls, open);
}

type Stream = grpc.ClientReadableStream<Buffer>;

async function crowd(server: ServerProcess, calls: number, open: () => Stream): Promise<Crowd> {
  const startedAtMs = performance.now();
  const residentBytes = server.residentBytes();
  const joinMs: number[] = [];
  for (let opened = 0; opened < calls; opened += BATCH) {
    const usedMs = server.mainThreadMs();
    await openAll(BATCH, open);
    joinMs.push((server.mainThreadMs() - usedMs) / BATCH);
  }
  return {
    residentKib: (server.residentBytes() - residentBytes) / 1_024 / calls,
    totalMs: performance.now() - startedAtMs,
    joinMs,
  };
}

/** Resolves when each call has its second message, which tells a waiting call its position. */
async function openAll(count: number, open: () => Stream): Promise<void> {
  await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<void>((resolve, reject) => {
          let messages = 0;
          const stream = open();
          stream.on("error", reject);
          stream.on("data", () => ++messages === 2 && resolve());
        }),
    ),
  );
}
