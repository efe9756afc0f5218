import { alternate } from "../alternate.js";
import type { BenchCase } from "../bench-case.js";
import { toRow } from "../bench-row.js";
import { ClientProcess } from "../client/client-process.js";
import { startPeer, startRill } from "../side.js";
import { story } from "../story.js";

const SIZE = { slots: 8, contextTokens: 2_048 };
const MIB = 1024 * 1024;

/** What the processes hold after the same work, the model's mapped file included on both sides. The peer stores no prompts, which it would do by default. */
export const memory: BenchCase = {
  name: "memory",
  title: `Resident memory with ${SIZE.slots} slots of 2,048 tokens`,
  needsPeer: true,
  async run(setup) {
    await using client = new ClientProcess();
    await using rill = await startRill({ setup, ...SIZE });
    await using peer = await startPeer({ setup, ...SIZE });
    const work = setup.short ? { words: 32, outputTokens: 4 } : { words: 200, outputTokens: 32 };
    const rounds = await alternate({
      setup,
      contenders: [rill, peer],
      measure: async (side, round) => {
        const calls = Array.from({ length: SIZE.slots }, (_, call) => ({
          prompt: story(1_000 * (round + 1) + call, work.words),
          outputTokens: work.outputTokens,
        }));
        await client.play({ target: side.target, calls });
        return side.residentBytes() / MIB;
      },
    });
    const figures = rounds.map(([ours = NaN, theirs = NaN]) => ({ rill: ours, peer: theirs }));
    const rows = [
      toRow({ what: "resident memory", unit: "MiB" }, figures),
      toRow(
        { what: "Rill's resident memory beyond llama-server's", unit: "MiB", aim: { atMost: 120 } },
        figures.map(({ rill: ours, peer: theirs }) => ({ rill: ours - theirs })),
      ),
    ];
    return { rows, plots: [] };
  },
};
