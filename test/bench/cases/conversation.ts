import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { alternate } from "../alternate.js";
import type { BenchCase } from "../bench-case.js";
import { toRow } from "../bench-row.js";
import { type Chat, type ChatTurn, LlamaChat, RillChat } from "../client/chat.js";
import { median } from "../median.js";
import { type Side, startPeer, startRill } from "../side.js";
import { story } from "../story.js";

const TURNS = 8;
const WORDS = 60;
const OUTPUT_TOKENS = 48;
const SIZE = { slots: 8, contextTokens: 4_096 };

/** A stored session's turns beside a conversation that the client sends anew each time, of which the peer's prompt cache holds all but the end. */
export const conversation: BenchCase = {
  name: "conversation",
  title: `A conversation of ${TURNS} turns: the last one's first token`,
  needsPeer: true,
  async run(setup) {
    const folder = await mkdtemp(join(tmpdir(), "rill-bench-"));
    try {
      const flags = ["--store", `sqlite:${join(folder, "sessions.db")}`];
      await using rill = await startRill({ setup, ...SIZE, flags });
      await using peer = await startPeer({ setup, ...SIZE, storesPrompts: true });
      const rounds = await alternate({
        setup,
        contenders: [rill, peer],
        measure: async (side, round) => await converse(side, setup.short ? 2 : TURNS, round),
      });
      const last = (turns: readonly ChatTurn[] = []): ChatTurn => turns.at(-1) ?? NO_TURN;
      const first = toRow(
        { what: "first token of the last turn", unit: "ms", aim: { atMost: 1 } },
        rounds.map(([ours, theirs]) => ({ rill: last(ours).firstTokenMs, peer: last(theirs).firstTokenMs })),
      );
      const middle = toRow(
        { what: "first token, median of all turns but the first", unit: "ms" },
        rounds.map(([ours = [], theirs = []]) => ({ rill: laterMs(ours), peer: laterMs(theirs) })),
      );
      const reused = toRow(
        { what: "of the history, reused by the last turn", unit: "%", aim: { atLeast: 95, about: "figure" } },
        rounds.map(([ours = []]) => ({ rill: reusedPercent(ours) })),
      );
      return { rows: [first, middle, reused], plots: [] };
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};

const NO_TURN: ChatTurn = { firstTokenMs: NaN, inputTokens: NaN, reusedTokens: NaN, outputTokens: NaN };

async function converse({ target }: Side, turns: number, round: number): Promise<readonly ChatTurn[]> {
  using chat: Chat = target.kind === "rill" ? await RillChat.open(target.address) : new LlamaChat(target.baseUrl);
  const made: ChatTurn[] = [];
  for (let turn = 0; turn < turns; turn += 1) {
    made.push(await chat.say(story(100 * (round + 1) + turn, WORDS), OUTPUT_TOKENS));
  }
  return made;
}

function laterMs(turns: readonly ChatTurn[]): number {
  return median(turns.slice(1).map(({ firstTokenMs }) => firstTokenMs));
}

/** The history is what the turn before has read and written. */
function reusedPercent(turns: readonly ChatTurn[]): number {
  const [before = NO_TURN, last = NO_TURN] = turns.slice(-2);
  return (100 * last.reusedTokens) / (before.inputTokens + before.outputTokens);
}
