import { alternate } from "../alternate.js";
import type { BenchCase } from "../bench-case.js";
import { toRow } from "../bench-row.js";
import { ClientProcess } from "../client/client-process.js";
import { firstTokenMs, timePerTokenMs } from "../client/observed.js";
import type { Observation, PlannedCall } from "../client/plan.js";
import { startPeer, startRill } from "../side.js";
import { story } from "../story.js";

const CONTEXT_TOKENS = 4_352;
const PROMPT_WORDS = 4_000;
const SHORT_PROMPT_WORDS = 400;
const OUTPUT_TOKENS = 64;
const SHORT_OUTPUT_TOKENS = 16;

/** One stream far into its context. The prompt is read in once on each side; then both may reuse it, and decoding alone is looked at. */
export const longContext: BenchCase = {
  name: "long-context",
  title: "One stream at the end of a context of 4,096 tokens",
  needsPeer: true,
  async run(setup) {
    const { short, announce } = setup;
    const size = { setup, slots: 1, contextTokens: CONTEXT_TOKENS };
    await using client = new ClientProcess();
    await using rill = await startRill(size);
    await using peer = await startPeer(size);
    const call: PlannedCall = {
      prompt: story(1, short ? SHORT_PROMPT_WORDS : PROMPT_WORDS),
      outputTokens: short ? SHORT_OUTPUT_TOKENS : OUTPUT_TOKENS,
      mayReuse: true,
    };
    const play = async ({ target }: typeof rill | typeof peer): Promise<Observation> => {
      const [observation] = await client.play({ target, calls: [call] });
      if (observation === undefined) throw new Error("no call was made");
      return observation;
    };
    announce("the prompt is read in, once on each side");
    const ours = await play(rill);
    const theirs = await play(peer);
    if (ours.inputTokens !== theirs.inputTokens) {
      throw new Error(`the same prompt is ${ours.inputTokens} tokens to Rill, ${theirs.inputTokens} to llama-server`);
    }
    const rounds = await alternate({ setup, contenders: [rill, peer], measure: play });
    const rows = [
      toRow(
        { what: `tokens per second after ${ours.inputTokens} tokens of input`, unit: "tok/s" },
        rounds.map(([rillSeen = ours, peerSeen = theirs]) => ({
          rill: 1_000 / timePerTokenMs(rillSeen),
          peer: 1_000 / timePerTokenMs(peerSeen),
        })),
      ),
      toRow({ what: `time to first token of an input of ${ours.inputTokens} tokens`, unit: "ms" }, [
        { rill: firstTokenMs(ours), peer: firstTokenMs(theirs) },
      ]),
    ];
    return { rows, plots: [] };
  },
};
