import { alternate } from "../alternate.js";
import type { BenchCase, BenchRow, BenchSetup } from "../bench-case.js";
import { toRow } from "../bench-row.js";
import { ClientProcess } from "../client/client-process.js";
import { firstTokenMs, worstGapMs } from "../client/observed.js";
import type { Observation, PlannedCall } from "../client/plan.js";
import { median } from "../median.js";
import { type Side, startPeer, startRill } from "../side.js";
import { story } from "../story.js";
import { gapPlot, timeline } from "./joining-plots.js";

const NEIGHBOURS = 7;
const SIZE = { slots: NEIGHBOURS + 1, contextTokens: 2_048 };
const NEIGHBOUR_WORDS = 16;
const JOINER_OUTPUT_TOKENS = 4;
/** The neighbours are well under way when the prompt comes. */
const JOINS_AFTER_TOKENS = 8;
const DEFAULT_BUDGET_MS = 150;
/** Of the time in which the peer reads the prompt in: budgets that mean about the same on every machine. */
const BUDGET_SHARES = [0.1, 0.14, 0.18, 0.25];
const TUNED_BATCHES = [128, 256];
const PROMPT_WORDS = 1_000;
const WARM_UP_WORDS = 200;
const MOST_GAP = 0.22;
const MOST_FIRST_TOKEN = 1.1;

/** One way to serve: a prefill budget of Rill, or a batch size of the peer. */
export interface Variant {
  readonly name: string;
  readonly side: "rill" | "peer";
  readonly flags: readonly string[];
}

const DEFAULTS: Variant = { name: "defaults", side: "peer", flags: [] };

/** What a variant did in one round. */
export interface JoinSeen {
  /** The worst of the neighbours. */
  readonly gapMs: number;
  /** Of the call that joined. */
  readonly firstTokenMs: number;
  readonly neighbours: readonly Observation[];
  readonly joiner: Observation;
}

export type JoinRounds = ReadonlyMap<Variant, readonly JoinSeen[]>;

type Figure = (seen: JoinSeen) => number;
const gap: Figure = ({ gapMs }) => gapMs;
const firstToken: Figure = (seen) => seen.firstTokenMs;

/** A long prompt comes while others stream: how long they stand still, and how long it waits. */
export const joining: BenchCase = {
  name: "joining",
  title: `A prompt of 1,000 tokens joins ${NEIGHBOURS} running streams`,
  needsPeer: true,
  async run(setup) {
    const rounds = await measure(setup);
    const rillVariants = [...rounds.keys()].filter(({ side }) => side === "rill");
    const tuned = [...rounds.keys()].filter(({ side, flags }) => side === "peer" && flags.length > 0);
    const best = leastWorst(rillVariants, (variant) => [
      ratio(rounds, [variant, DEFAULTS], gap) / MOST_GAP,
      ratio(rounds, [variant, DEFAULTS], firstToken) / MOST_FIRST_TOKEN,
    ]);
    const rows = rillVariants.flatMap((variant) =>
      compare(rounds, [variant, DEFAULTS], variant === best ? [MOST_GAP, MOST_FIRST_TOKEN] : undefined),
    );
    for (const peer of tuned) {
      const ahead = leastWorst(rillVariants, (variant) => [
        ratio(rounds, [variant, peer], gap),
        ratio(rounds, [variant, peer], firstToken),
      ]);
      rows.push(...compare(rounds, [ahead, peer], [1, 1]));
    }
    return { rows, plots: [gapPlot(rounds), timeline(rounds, [best, DEFAULTS, ...tuned])] };
  },
};

/** All servers stand side by side; only one works at a time. The peer with its defaults comes first: by its pace the budgets are chosen. */
async function measure(setup: BenchSetup): Promise<JoinRounds> {
  const sides: { readonly variant: Variant; readonly side: Side }[] = [];
  await using client = new ClientProcess();
  const start = async (variant: Variant, words: number): Promise<readonly Observation[]> => {
    const options = { setup, ...SIZE, flags: variant.flags };
    const side = await (variant.side === "rill" ? startRill(options) : startPeer(options));
    sides.push({ variant, side });
    return await client.play({ target: side.target, calls: plan({ setup, words, round: -1 }) });
  };
  try {
    setup.announce("the servers start");
    const words = setup.short ? WARM_UP_WORDS : PROMPT_WORDS;
    const { firstTokenMs: peerMs } = see(await start(DEFAULTS, words));
    for (const variant of otherVariants(setup, peerMs)) await start(variant, WARM_UP_WORDS);
    const rounds = await alternate({
      setup,
      contenders: sides,
      measure: async ({ side }, round) =>
        see(await client.play({ target: side.target, calls: plan({ setup, words, round }) })),
    });
    return new Map(sides.map(({ variant }, place) => [variant, rounds.flatMap((seen) => seen[place] ?? [])]));
  } finally {
    for (const { side } of sides) await side[Symbol.asyncDispose]();
  }
}

function otherVariants({ short }: BenchSetup, peerMs: number): Variant[] {
  const scaled = BUDGET_SHARES.map((share) => Math.max(10, Math.round((share * peerMs) / 10) * 10));
  const budgets = short ? [DEFAULT_BUDGET_MS] : [...new Set([DEFAULT_BUDGET_MS, ...scaled])];
  return [
    ...budgets.map((ms): Variant => ({
      name: `budget ${ms} ms`,
      side: "rill",
      flags: ["--prefill-budget", `${ms}ms`],
    })),
    ...(short ? [] : TUNED_BATCHES).map((batch): Variant => ({
      name: `-b ${batch}`,
      side: "peer",
      flags: ["-b", `${batch}`],
    })),
  ];
}

interface PlanOptions {
  readonly setup: BenchSetup;
  /** Of the prompt that joins. */
  readonly words: number;
  readonly round: number;
}

function plan({ setup, words, round }: PlanOptions): PlannedCall[] {
  const seed = 1_000 * (round + 2);
  const outputTokens = setup.short ? 24 : 48;
  const neighbours = Array.from({ length: NEIGHBOURS }, (_, n) => ({
    prompt: story(seed + n, NEIGHBOUR_WORDS),
    outputTokens,
  }));
  const joiner = { prompt: story(seed + NEIGHBOURS, words), outputTokens: JOINER_OUTPUT_TOKENS };
  return [...neighbours, { ...joiner, afterTokens: JOINS_AFTER_TOKENS }];
}

function see(observations: readonly Observation[]): JoinSeen {
  const neighbours = observations.slice(0, NEIGHBOURS);
  const joiner = observations[NEIGHBOURS];
  if (joiner === undefined) throw new Error("nobody joined");
  return { gapMs: worstGapMs(neighbours, joiner), firstTokenMs: firstTokenMs(joiner), neighbours, joiner };
}

/** @param bounds of the gap's ratio and of the first token's */
function compare(
  rounds: JoinRounds,
  pair: readonly [Variant, Variant],
  bounds?: readonly [number, number],
): BenchRow[] {
  const names = `${pair[0].name} against ${pair[1].name}`;
  const heads = [
    { what: `worst gap of the neighbours, ${names}`, figure: gap, atMost: bounds?.[0] },
    { what: `time to first token of the joiner, ${names}`, figure: firstToken, atMost: bounds?.[1] },
  ];
  return heads.map(({ what, figure, atMost }) =>
    toRow({ what, unit: "ms", ...(atMost !== undefined && { aim: { atMost } }) }, paired(rounds, pair, figure)),
  );
}

function ratio(rounds: JoinRounds, pair: readonly [Variant, Variant], figure: Figure): number {
  return median(paired(rounds, pair, figure).map(({ rill, peer }) => rill / peer));
}

function paired(
  rounds: JoinRounds,
  [ours, theirs]: readonly [Variant, Variant],
  figure: Figure,
): { readonly rill: number; readonly peer: number }[] {
  const seen = rounds.get(theirs) ?? [];
  return (rounds.get(ours) ?? []).flatMap((rill, round) => {
    const peer = seen[round];
    return peer === undefined ? [] : [{ rill: figure(rill), peer: figure(peer) }];
  });
}

/** The variant whose worst figure is the least. */
function leastWorst(variants: readonly Variant[], figures: (variant: Variant) => readonly number[]): Variant {
  const [best] = variants.toSorted((a, b) => Math.max(...figures(a)) - Math.max(...figures(b)));
  if (best === undefined) throw new RangeError("no variants");
  return best;
}
