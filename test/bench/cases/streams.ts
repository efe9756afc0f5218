import { percentile } from "../../support/percentile.js";
import { alternate } from "../alternate.js";
import type { Aim, BenchCase, BenchRow, BenchSetup, Plot } from "../bench-case.js";
import { type RowHead, toRow } from "../bench-row.js";
import { ClientProcess } from "../client/client-process.js";
import { firstTokenMs, gapsMs, tokensPerSecond } from "../client/observed.js";
import type { Observation, PlannedCall } from "../client/plan.js";
import { distribution } from "../distribution.js";
import { playFresh } from "../play-fresh.js";
import { startPeer, startRill } from "../side.js";
import { story } from "../story.js";

const CONTEXT_TOKENS = 2_048;
const PROMPT_WORDS = 24;
const OUTPUT_TOKENS = 100;
const SHORT_OUTPUT_TOKENS = 16;
const RATE_AIMS: Readonly<Record<number, Aim>> = {
  1: { atLeast: 0.9 },
  4: { atLeast: 0.97 },
  8: { atLeast: 1 },
  16: { atLeast: 1 },
};
/** At which first tokens, and gaps between tokens, are looked at. */
const FIRST_TOKEN_STREAMS = 8;
const GAP_STREAMS = 16;

interface RoundSeen {
  readonly rill: readonly Observation[];
  readonly peer: readonly Observation[];
}

/** Equal streams that begin at once: what they make together, and how it reaches their readers. */
export const streams: BenchCase = {
  name: "streams",
  title: "Equal streams that begin at once",
  needsPeer: true,
  async run(setup) {
    const counts = setup.short ? [FIRST_TOKEN_STREAMS] : Object.keys(RATE_AIMS).map(Number);
    const seen = new Map<number, readonly RoundSeen[]>();
    for (const count of counts) seen.set(count, await measure(setup, count));
    const rows = [...seen].map(([count, rounds]) =>
      compare(
        { what: `tokens per second, ${named(count)}`, unit: "tok/s", aim: RATE_AIMS[count] ?? {} },
        rounds,
        tokensPerSecond,
      ),
    );
    const plots: Plot[] = [ratePlot(rows, counts)];
    const first = seen.get(FIRST_TOKEN_STREAMS);
    if (first !== undefined) {
      const head = {
        what: `time to first token at ${FIRST_TOKEN_STREAMS} streams, p50`,
        unit: "ms",
        aim: { atMost: 1 },
      };
      rows.push(compare(head, first, (calls) => percentile(calls.map(firstTokenMs), 0.5)));
      plots.push(
        spread(`Time to first token at ${FIRST_TOKEN_STREAMS} streams`, first, (call) => [firstTokenMs(call)]),
      );
    }
    const gaps = seen.get(GAP_STREAMS);
    if (gaps !== undefined) {
      for (const [share, aim] of [
        [0.5, undefined],
        [0.99, { atMost: 1 }],
      ] as const) {
        const what = `gap between tokens at ${GAP_STREAMS} streams, p${100 * share}`;
        rows.push(
          compare({ what, unit: "ms", ...(aim && { aim }) }, gaps, (calls) => percentile(calls.flatMap(gapsMs), share)),
        );
      }
      plots.push(spread(`Gap between tokens at ${GAP_STREAMS} streams`, gaps, gapsMs));
    }
    return { rows, plots };
  },
};

async function measure(setup: BenchSetup, count: number): Promise<readonly RoundSeen[]> {
  const size = { setup, slots: count, contextTokens: CONTEXT_TOKENS };
  const outputTokens = setup.short ? SHORT_OUTPUT_TOKENS : OUTPUT_TOKENS;
  await using client = new ClientProcess();
  const rounds = await alternate({
    setup: { ...setup, announce: (text) => setup.announce(`${named(count)}, ${text}`) },
    contenders: [startRill, startPeer],
    // The side before has ended.
    settleMs: 0,
    measure: (start, round) =>
      playFresh({
        start: () => start(size),
        round,
        play: ({ target }, seed) => client.play({ target, calls: callsOf(count, seed, outputTokens) }),
      }),
  });
  return rounds.map(([ours = [], theirs = []]) => ({ rill: ours, peer: theirs }));
}

function callsOf(count: number, seed: number, outputTokens: number): readonly PlannedCall[] {
  return Array.from({ length: count }, (_, stream) => ({
    prompt: story(1_000 * (seed + 1) + stream, PROMPT_WORDS),
    outputTokens,
  }));
}

function compare(
  head: RowHead,
  rounds: readonly RoundSeen[],
  figure: (calls: readonly Observation[]) => number,
): BenchRow {
  return toRow(
    head,
    rounds.map(({ rill, peer }) => ({ rill: figure(rill), peer: figure(peer) })),
  );
}

function ratePlot(rows: readonly BenchRow[], counts: readonly number[]): Plot {
  const points = (figure: (row: BenchRow) => number): (readonly [number, number])[] =>
    rows.map((row, index) => [counts[index] ?? 0, figure(row)]);
  return {
    title: "Throughput over streams",
    xLabel: "streams",
    yLabel: "tokens per second, all streams",
    marks: "lines",
    series: [
      { name: "Rill", points: points(({ rill }) => rill) },
      { name: "llama-server", points: points(({ peer }) => peer ?? 0) },
    ],
  };
}

function spread(title: string, rounds: readonly RoundSeen[], values: (call: Observation) => readonly number[]): Plot {
  return {
    title,
    xLabel: "ms",
    yLabel: "% of them at most so long",
    marks: "steps",
    series: [
      distribution(
        "Rill",
        rounds.flatMap(({ rill }) => rill.flatMap(values)),
      ),
      distribution(
        "llama-server",
        rounds.flatMap(({ peer }) => peer.flatMap(values)),
      ),
    ],
  };
}

function named(count: number): string {
  return count === 1 ? "1 stream" : `${count} streams`;
}
