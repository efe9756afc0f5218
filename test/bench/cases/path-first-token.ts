import { setTimeout as sleep } from "node:timers/promises";
import { percentile } from "../../support/percentile.js";
import type { BenchCase, BenchRow, PlotSeries } from "../bench-case.js";
import { PathClient, type StreamSeen } from "../path-client.js";
import { toRow } from "../bench-row.js";
import { startBareServer, startPathServer } from "../path-server.js";

const CALLERS = 16;
/** Between two calls of one caller; the callers' calls are spread evenly, so that one begins every 20 ms. */
const CALL_INTERVAL_MS = 320;
const OUTPUT_TOKENS = 32;
const PROMPT = "Once upon a time there was a little river. ";

/** Milliseconds of each call. */
interface FirstTokens {
  readonly rill: readonly number[];
  readonly peer: readonly number[];
}

type Call = () => Promise<StreamSeen>;

/**
 * What the path adds to the first token: the engine takes no time, so all of it is the path's. Sixteen callers in turn, and, as a second look, all at
 * once. The bare server's first message is what a call costs at least.
 */
export const pathFirstToken: BenchCase = {
  name: "path-first-token",
  title: "The gRPC path alone: time to first token of sixteen callers, beside bare @grpc/grpc-js",
  async run({ rounds, short, announce }) {
    const calls = short ? 2 : 30;
    await using rill = await startPathServer({ slots: CALLERS, stepMs: 0 });
    await using bare = await startBareServer();
    using ours = new PathClient(rill.address);
    using theirs = new PathClient(bare.address);
    const ourCall: Call = () => ours.generate({ prompt: PROMPT, outputTokens: OUTPUT_TOKENS });
    const theirCall: Call = () => theirs.stream({ messages: 4, messageBytes: 64 });
    for (const call of [ourCall, theirCall]) await callInTurn(call, calls);
    const figures: { turn: FirstTokens; burst: FirstTokens }[] = [];
    for (let round = 1; round <= rounds; round++) {
      announce(`round ${round} of ${rounds}`);
      figures.push({
        turn: { rill: await callInTurn(ourCall, calls), peer: await callInTurn(theirCall, calls) },
        burst: { rill: await callAtOnce(ourCall, calls), peer: await callAtOnce(theirCall, calls) },
      });
    }
    const row = (
      what: string,
      load: "turn" | "burst",
      { share, atMost }: { share: number; atMost?: number },
    ): BenchRow =>
      toRow(
        { what, unit: "ms", ...(atMost === undefined ? {} : { aim: { about: "figure", atMost } }) },
        figures.map(({ [load]: { rill: mine, peer } }) => ({
          rill: percentile(mine, share),
          peer: percentile(peer, share),
        })),
      );
    return {
      rows: [
        row("first token p50, 16 callers in turn", "turn", { share: 0.5, atMost: 1 }),
        row("first token p99, 16 callers in turn", "turn", { share: 0.99, atMost: 5 }),
        row("first token p50, 16 calls at once", "burst", { share: 0.5 }),
        row("first token p99, 16 calls at once", "burst", { share: 0.99 }),
      ],
      plots: [
        {
          title: "Time to first token, 16 callers in turn",
          xLabel: "share of the calls",
          yLabel: "ms",
          marks: "lines",
          series: [
            distribution(
              "rill",
              figures.flatMap(({ turn }) => turn.rill),
            ),
            distribution(
              "bare @grpc/grpc-js",
              figures.flatMap(({ turn }) => turn.peer),
            ),
          ],
        },
      ],
    };
  },
};

async function callInTurn(call: Call, callsEach: number): Promise<number[]> {
  const callers = Array.from({ length: CALLERS }, async (_, caller) => {
    await sleep((caller * CALL_INTERVAL_MS) / CALLERS);
    const firstMs: number[] = [];
    for (let made = 0; made < callsEach; made++) {
      const next = sleep(CALL_INTERVAL_MS);
      firstMs.push((await call()).firstOutputMs);
      await next;
    }
    return firstMs;
  });
  return (await Promise.all(callers)).flat();
}

async function callAtOnce(call: Call, times: number): Promise<number[]> {
  const firstMs: number[] = [];
  for (let time = 0; time < times; time++) {
    const seen = await Promise.all(Array.from({ length: CALLERS }, call));
    firstMs.push(...seen.map(({ firstOutputMs }) => firstOutputMs));
  }
  return firstMs;
}

function distribution(name: string, values: readonly number[]): PlotSeries {
  const shares = Array.from({ length: 100 }, (_, index) => (index + 1) / 100);
  return { name, points: shares.map((share) => [share, percentile(values, share)]) };
}
