import { alternate } from "../alternate.js";
import type { BenchCase, BenchRow } from "../bench-case.js";
import { toRow } from "../bench-row.js";
import { ClientProcess } from "../client/client-process.js";
import { tokensPerSecond } from "../client/observed.js";
import type { PlannedCall } from "../client/plan.js";
import { startRill } from "../side.js";
import { story } from "../story.js";

const CONTEXT_TOKENS = 1_024;
const STREAMS = [1, 8];
const SLOTS = Math.max(...STREAMS);
/** Likeliest tokens told beside each; undefined: nothing is scored. */
const ASKED = [undefined, 0, 5, 20];
const PROMPT_WORDS = 24;
const OUTPUT_TOKENS = 60;
const SHORT_OUTPUT_TOKENS = 12;

/** What `output.logprobs` costs: the speed with it as a share of the speed without. */
export const scores: BenchCase = {
  name: "scores",
  title: "Log-probabilities of each token, beside none",
  async run(setup) {
    await using client = new ClientProcess();
    await using rill = await startRill({
      setup,
      slots: SLOTS,
      contextTokens: CONTEXT_TOKENS,
      flags: ["--speculation", "off"],
    });
    const rows: BenchRow[] = [];
    for (const streams of STREAMS) {
      const calls = (round: number, logprobs: number | undefined): PlannedCall[] =>
        Array.from({ length: streams }, (_, stream) => ({
          prompt: story(100 * (round + 1) + stream, PROMPT_WORDS),
          outputTokens: setup.short ? SHORT_OUTPUT_TOKENS : OUTPUT_TOKENS,
          mayReuse: true,
          logprobs,
        }));
      await client.play({ target: rill.target, calls: calls(-1, undefined) });
      const rounds = await alternate({
        setup,
        contenders: ASKED,
        measure: async (logprobs, round) =>
          tokensPerSecond(await client.play({ target: rill.target, calls: calls(round, logprobs) })),
      });
      for (const [place, logprobs] of ASKED.entries()) {
        if (logprobs === undefined) continue;
        rows.push(
          toRow(
            { what: `${streams} streams, logprobs ${logprobs}, beside none`, unit: "tok/s" },
            rounds.map((rates) => ({ rill: rates[place] ?? NaN, peer: rates[0] ?? NaN })),
          ),
        );
      }
    }
    return { rows, plots: [] };
  },
};
