import { alternate } from "../alternate.js";
import type { BenchCase } from "../bench-case.js";
import { toRow } from "../bench-row.js";
import { ClientProcess } from "../client/client-process.js";
import { startPeer, startRill } from "../side.js";
import { story } from "../story.js";

const SIZE = { slots: 8, contextTokens: 2_048 };

/** From the start of the process, the model's file already in the page cache. */
export const coldStart: BenchCase = {
  name: "cold-start",
  title: "From the start of the process to the first call that is served",
  needsPeer: true,
  async run(setup) {
    await using client = new ClientProcess();
    const measure = async (side: "rill" | "peer", round: number): Promise<{ readyMs: number; servedMs: number }> => {
      const startedAtMs = performance.now();
      await using server = await (side === "rill" ? startRill : startPeer)({ setup, ...SIZE });
      const readyMs = performance.now() - startedAtMs;
      await client.play({ target: server.target, calls: [{ prompt: story(round + 1, 8), outputTokens: 1 }] });
      return { readyMs, servedMs: performance.now() - startedAtMs };
    };
    // What the first start alone pays for.
    if (!setup.short) await measure("rill", -1);
    const rounds = await alternate({ setup, contenders: ["rill", "peer"] as const, measure });
    const row = (what: string, figure: "readyMs" | "servedMs"): ReturnType<typeof toRow> =>
      toRow(
        { what, unit: "ms" },
        rounds.map(([ours, theirs]) => ({ rill: ours?.[figure] ?? NaN, peer: theirs?.[figure] })),
      );
    return {
      rows: [row("until it says that it is ready", "readyMs"), row("until a call is served", "servedMs")],
      plots: [],
    };
  },
};
