import { alternate } from "../alternate.js";
import type { BenchCase, BenchRow, BenchSetup } from "../bench-case.js";
import { type RowHead, toRow } from "../bench-row.js";
import { ClientProcess } from "../client/client-process.js";
import { timePerTokenMs } from "../client/observed.js";
import type { PlannedCall, Target } from "../client/plan.js";
import { MISSPELT } from "../misspelt.js";
import { playFresh } from "../play-fresh.js";
import { type Side, startPeer, startRill } from "../side.js";
import { story } from "../story.js";

const SIZE = { slots: 1, contextTokens: 2_048 };
/** Of the edited text, that the prompt itself begins with. */
const BEGUN_WORDS = 6;
const OUTPUT_TOKENS = 100;
const SHORT_OUTPUT_TOKENS = 20;

type Start = () => Promise<Side>;
type PromptOf = (round: number) => string;

/** One stream that edits the text that its input holds, and one that does not, with tokens tried ahead and without. */
export const speculation: BenchCase = {
  name: "speculation",
  title: "One stream with drafts",
  async run(setup) {
    await using client = new ClientProcess();
    const size = { setup, ...SIZE };
    const auto: Start = () => startRill(size);
    const off: Start = () => startRill({ ...size, flags: ["--speculation", "off"] });
    const peer: Start = () => startPeer(size);
    const rates = async (contenders: readonly Start[], promptOf: PromptOf): Promise<number[][]> =>
      await alternate({
        setup,
        contenders,
        // The side before has ended.
        settleMs: 0,
        measure: (start, round) =>
          playFresh({
            start,
            round,
            play: ({ target }, seed) => decodeRate({ client, target, setup, prompt: promptOf(seed) }),
          }),
      });
    const edits = await rates([auto, off, ...(setup.peerPath === undefined ? [] : [peer])], edited);
    const free = await rates([auto, off], (round) => story(700 + round, 24));
    const rows = [
      compare({ what: "text that it edits: with drafts, without", unit: "tok/s" }, edits, 1),
      compare({ what: "free text: with drafts, without", unit: "tok/s", aim: { atLeast: 0.97 } }, free, 1),
    ];
    if (setup.peerPath !== undefined) {
      const head = { what: "text that it edits, beside llama-server", unit: "tok/s", aim: { atLeast: 1.4 } };
      rows.push(compare(head, edits, 2));
    }
    return { rows, plots: [] };
  },
};

/** Another text in each round, and others while the server is warmed. */
function edited(round: number): string {
  const text = MISSPELT.at(round % MISSPELT.length) ?? "";
  const begun = text.split(" ").slice(0, BEGUN_WORDS).join(" ");
  return `Correct the spelling of the text.\n\nText: ${text}\n\nCorrected text: ${begun}`;
}

interface Measurement {
  readonly client: ClientProcess;
  readonly target: Target;
  readonly setup: BenchSetup;
  readonly prompt: string;
}

/** Tokens after the first, a second. */
async function decodeRate({ client, target, setup, prompt }: Measurement): Promise<number> {
  const call: PlannedCall = { prompt, outputTokens: setup.short ? SHORT_OUTPUT_TOKENS : OUTPUT_TOKENS, mayReuse: true };
  const [observation] = await client.play({ target, calls: [call] });
  if (observation === undefined) throw new Error("no call was made");
  return 1_000 / timePerTokenMs(observation);
}

/** The first of each round's rates beside another. */
function compare(head: RowHead, rounds: readonly (readonly number[])[], other: number): BenchRow {
  return toRow(
    head,
    rounds.map((rates) => ({ rill: rates[0] ?? NaN, peer: rates[other] ?? NaN })),
  );
}
