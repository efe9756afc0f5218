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
const LAST_CREDIT_MS = 500;
const SIZE = { slots: NEIGHBOURS + 1, contextTokens: 2_048 };
const PROMPT_WORDS = 16;
const STALLED_OUTPUT_TOKENS = 1_000;
/** One after the other, of each round: a machine's pace drifts within seconds, by more than what is looked for. */
const PAIRS_PER_ROUND = 6;

/** Seven streams, alone and beside a reader that stands still, in many short turns; and the reader itself over a longer time. */
export const stalledReader: BenchCase = {
  name: "stalled-reader",
  title: "A reader that stands still, and its neighbours",
  async run(setup) {
    const { short, announce } = setup;
    const stalledMs = short ? 8_000 : 60_000;
    await using client = new ClientProcess();
    await using rill = await startRill({ setup, ...SIZE });
    using observer = new RuntimeClient(rill.server.address);
    const stage = new Stage({ client, observer, address: rill.server.address, outputTokens: short ? 8 : 32 });
    await stage.neighboursTokenMs();

    announce(`a reader stands still for ${stalledMs / 1_000} s`);
    const watch = new StallWatch(observer, () => rill.residentBytes());
    const strayTokens = await stage.beside(async (generationId) => {
      watch.start(generationId);
      const decodedBefore = await watch.decodedTokens();
      const startedAtMs = performance.now();
      while (performance.now() - startedAtMs < stalledMs) await stage.neighboursTokenMs();
      const stray = (await watch.decodedTokens()) - decodedBefore;
      await watch.stop();
      return stray;
    });

    const pairs: { readonly aloneMs: number; readonly besideMs: number }[] = [];
    const count = short ? 1 : PAIRS_PER_ROUND * setup.rounds;
    announce(`neighbours alone and beside one, ${count} times`);
    for (let pair = 0; pair < count; pair += 1) {
      const besideFirst = pair % 2 === 1 ? await stage.beside(() => stage.neighboursTokenMs()) : undefined;
      const aloneMs = await stage.neighboursTokenMs();
      pairs.push({ aloneMs, besideMs: besideFirst ?? (await stage.beside(() => stage.neighboursTokenMs())) });
    }
    const rows = [
      toRow(
        { what: "neighbours' time per token beside a stalled reader, change", unit: "%", aim: { atMost: 1 } },
        pairs.map(({ besideMs, aloneMs }) => ({ rill: 100 * (besideMs / aloneMs - 1) })),
      ),
      toRow(
        { what: "neighbours' time per token without it", unit: "ms" },
        pairs.map(({ aloneMs }) => ({ rill: aloneMs })),
      ),
      toRow(
        {
          what: `tokens decoded for the reader while it stood still for ${stalledMs / 1_000} s`,
          unit: "",
          aim: { atMost: 0 },
        },
        [{ rill: strayTokens }],
      ),
    ];
    return { rows, plots: watch.plots() };
  },
};

interface StageParts {
  readonly client: ClientProcess;
  readonly observer: RuntimeClient;
  readonly address: string;
  /** Of one of the neighbours' generations. */
  readonly outputTokens: number;
}

/** A server on which neighbours stream and readers stand still. */
class Stage {
  readonly #parts: StageParts;
  #turns = 0;

  constructor(parts: StageParts) {
    this.#parts = parts;
  }

  /** One generation of every neighbour, at once. @returns the median of their times per token, in ms */
  async neighboursTokenMs(): Promise<number> {
    const { client, address, outputTokens } = this.#parts;
    this.#turns += 1;
    // Equally long in every turn: what a token costs depends on where in its context it stands.
    const calls = Array.from({ length: NEIGHBOURS }, (_, n) => ({
      prompt: story(100 * this.#turns + n, PROMPT_WORDS),
      outputTokens,
    }));
    return median((await client.play({ target: { kind: "rill", address }, calls })).map(timePerTokenMs));
  }

  /** Does something while a reader stands still whose generation is parked; afterwards no slot is held. */
  async beside<Result>(act: (generationId: string) => Promise<Result>): Promise<Result> {
    const { observer, address } = this.#parts;
    const reader = await StalledReader.open({
      address,
      outputTokens: STALLED_OUTPUT_TOKENS,
      slowReaderLimitSeconds: 600,
    });
    try {
      while ((await observer.load()).parked === 0) await delay(20);
      // When it first stands still it gets back what was owed to it, and decodes a little more.
      await delay(LAST_CREDIT_MS);
      while ((await observer.load()).parked === 0) await delay(20);
      return await act(reader.generationId);
    } finally {
      await reader[Symbol.asyncDispose]();
      while ((await observer.load()).slots_busy > 0) await delay(20);
    }
  }
}
