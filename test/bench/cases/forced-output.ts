import { alternate } from "../alternate.js";
import type { BenchCase, BenchRow, BenchSetup } from "../bench-case.js";
import { toRow } from "../bench-row.js";
import { ClientProcess } from "../client/client-process.js";
import type { Observation, PlannedCall } from "../client/plan.js";
import { median } from "../median.js";
import { startPeer, startRill } from "../side.js";
import { story } from "../story.js";

const CONTEXT_TOKENS = 2_048;
const STREAMS = [1, 8];
const MOST_TOKENS = 400;
const FREE_TOKENS = 100;

const PERSON = {
  type: "object",
  properties: {
    name: { type: "string", maxLength: 24 },
    age: { type: "integer" },
    city: { type: "string", maxLength: 24 },
    status: { enum: ["new", "active", "closed"] },
    tags: { type: "array", items: { type: "string", maxLength: 12 }, minItems: 2, maxItems: 2 },
  },
  required: ["name", "age", "city", "status", "tags"],
  additionalProperties: false,
};
/** Long enough to be measured, and neither side can end it early. */
const SCHEMA = JSON.stringify({ type: "array", items: PERSON, minItems: 4, maxItems: 4 });

/** The same schema on both sides, each by its own grammar: what a token of the output costs, from the first to the last. */
export const forcedOutput: BenchCase = {
  name: "forced-output",
  title: "Output that a JSON Schema forces",
  needsPeer: true,
  async run(setup) {
    const rows: BenchRow[] = [];
    for (const count of setup.short ? STREAMS.slice(0, 1) : STREAMS) rows.push(...(await measure(setup, count)));
    return { rows, plots: [] };
  },
};

async function measure(setup: BenchSetup, count: number): Promise<readonly BenchRow[]> {
  const named = count === 1 ? "1 stream" : `${count} streams`;
  setup.announce(`${named}: servers start`);
  const size = { setup, slots: count, contextTokens: CONTEXT_TOKENS };
  await using client = new ClientProcess();
  await using rill = await startRill(size);
  await using peer = await startPeer(size);
  const plan = (round: number, schema: string | undefined): PlannedCall[] =>
    Array.from({ length: count }, (_, stream) => ({
      prompt: `${story(1_000 * (round + 1) + stream, 24)}\nThe people of this story as JSON:\n`,
      outputTokens: schema === undefined ? FREE_TOKENS : MOST_TOKENS,
      schema,
    }));
  const rounds = await alternate({
    setup,
    contenders: [rill, peer],
    measure: async ({ target }, round) => ({
      forced: perTokenMs(await client.play({ target, calls: plan(round, SCHEMA) })),
      free: perTokenMs(await client.play({ target, calls: plan(round + 500, undefined) })),
    }),
  });
  const figures = (read: (seen: { forced: number; free: number }) => number): { rill: number; peer: number }[] =>
    rounds.map(([ours, theirs]) => ({
      rill: ours === undefined ? NaN : read(ours),
      peer: theirs === undefined ? NaN : read(theirs),
    }));
  return [
    toRow(
      { what: `a token of forced output, ${named}`, unit: "ms", aim: { atMost: 1.1 } },
      figures(({ forced }) => forced),
    ),
    toRow(
      { what: `… beside a token of free text, ${named}`, unit: "times" },
      figures(({ forced, free }) => forced / free),
    ),
  ];
}

/** The median stream's time from its first token to its last, for each of them. */
function perTokenMs(calls: readonly Observation[]): number {
  return median(
    calls.map(({ arrivals }) => {
      const [first, ...later] = arrivals;
      const last = later.at(-1);
      if (first === undefined || last === undefined) return NaN;
      return (last.atMs - first.atMs) / later.reduce((sum, { tokens }) => sum + tokens, 0);
    }),
  );
}
