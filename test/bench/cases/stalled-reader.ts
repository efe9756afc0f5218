import { setTimeout as delay } from "node:timers/promises";
import { StalledReader } from "../../proof/stalled-reader.js";
import { RuntimeClient } from "../../support/runtime-client.js";
import type { BenchCase } from "../bench-case.js";
import { toRow } from "../bench-row.js";
import { ClientProcess } from "../client/client-process.js";
import { timePerTokenMs } from "../client/observed.js";
import { median } from "../median.js";
import { startRill } from "../side.js";
import { story } from "../story.js";
import { StallWatch } from "./stall-watch.js";

const NEIGHBOURS = 7;
const SIZE = { slots: NEIGHBOURS + 1, contextTokens: 2_048 };
const PROMPT_WORDS = 16;
const STALLED_OUTPUT_TOKENS = 1_000;
/** Two rounds take four minutes, and the whole bench is to be through in half an hour. */
const MOST_ROUNDS = 2;

interface Traffic {
  readonly client: ClientProcess;
  readonly address: string;
  /** Of one of the neighbours' generations. */
  readonly outputTokens: number;
}

interface RoundSeen {
  readonly withoutMs: number;
  readonly besideMs: number;
  /** Decoded for the reader between its standstill and the end of it. */
  readonly strayTokens: number;
}

/** Seven streams, alone and beside a reader that stands still; before it, beside it, after it, so that a machine that drifts favours neither. */
export const stalledReader: BenchCase = {
  name: "stalled-reader",
  title: "A reader that stands still, and its neighbours",
  async run(setup) {
    const { short, announce } = setup;
    const rounds = Math.min(setup.rounds, MOST_ROUNDS);
    await using client = new ClientProcess();
    await using rill = await startRill({ setup, ...SIZE });
    using observer = new RuntimeClient(rill.server.address);
    const traffic = { client, address: rill.server.address, outputTokens: short ? 8 : 60 };
    const watch = new StallWatch(observer, () => rill.residentBytes());
    const seen: RoundSeen[] = [];
    const stalledMs = short ? 8_000 : 60_000;
    await neighbours(traffic, 0);
    for (let round = 1; round <= rounds; round += 1) {
      announce(`round ${round} of ${rounds}`);
      seen.push(await play({ traffic, watch, observer, stalledMs }));
    }
    const rows = [
      toRow(
        { what: "neighbours' time per token beside a stalled reader, change", unit: "%", aim: { atMost: 1 } },
        seen.map(({ besideMs, withoutMs }) => ({ rill: 100 * (besideMs / withoutMs - 1) })),
      ),
      toRow(
        { what: "neighbours' time per token without it", unit: "ms" },
        seen.map(({ withoutMs }) => ({ rill: withoutMs })),
      ),
      toRow(
        {
          what: `tokens decoded for the reader while it stood still for ${stalledMs / 1_000} s`,
          unit: "",
          aim: { atMost: 0 },
        },
        seen.map(({ strayTokens }) => ({ rill: strayTokens })),
      ),
    ];
    return { rows, plots: watch.plots() };
  },
};

interface RoundOptions {
  readonly traffic: Traffic;
  readonly watch: StallWatch;
  readonly observer: RuntimeClient;
  readonly stalledMs: number;
}

async function play({ traffic, watch, observer, stalledMs }: RoundOptions): Promise<RoundSeen> {
  watch.start();
  try {
    const before = await neighbours(traffic, stalledMs / 2);
    const reader = await StalledReader.open({
      address: traffic.address,
      outputTokens: STALLED_OUTPUT_TOKENS,
      slowReaderLimitSeconds: 600,
    });
    watch.follow(reader.generationId);
    while ((await observer.load()).parked === 0) await delay(20);
    const decodedBefore = await watch.decodedTokens();
    const beside = await neighbours(traffic, stalledMs);
    const strayTokens = (await watch.decodedTokens()) - decodedBefore;
    await reader[Symbol.asyncDispose]();
    while ((await observer.load()).slots_busy > 0) await delay(20);
    const after = await neighbours(traffic, stalledMs / 2);
    return { withoutMs: median([...before, ...after]), besideMs: median(beside), strayTokens };
  } finally {
    await watch.stop();
  }
}

/** Generations of all neighbours at once, again and again for so long, at least once. @returns each one's time per token, in ms */
async function neighbours({ client, address, outputTokens }: Traffic, forMs: number): Promise<number[]> {
  const startedAtMs = performance.now();
  const times: number[] = [];
  for (let block = 0; block === 0 || performance.now() - startedAtMs < forMs; block += 1) {
    // The same work in every phase: what a token costs depends on where in its context it stands.
    const calls = Array.from({ length: NEIGHBOURS }, (_, n) => ({
      prompt: story(100 * block + n + 1, PROMPT_WORDS),
      outputTokens,
      mayReuse: true,
    }));
    const observations = await client.play({ target: { kind: "rill", address }, calls });
    times.push(...observations.map(timePerTokenMs));
  }
  return times;
}
