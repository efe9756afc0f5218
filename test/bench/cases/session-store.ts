import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { percentile } from "../../support/percentile.js";
import type { BenchCase, BenchRow } from "../bench-case.js";
import { toRow } from "../bench-row.js";
import { ClientProcess } from "../client/client-process.js";
import { fillStore, openSqliteStore, playTurns, type StoreLoad } from "../session-load.js";
import { type Side, startRill } from "../side.js";
import { story } from "../story.js";

const STREAMS = 8;
const SIZE = { slots: STREAMS, contextTokens: 2_048 };
const OUTPUT_TOKENS = 128;
const TURNS = 200;
const PAUSE_MS = 40;
const SESSIONS = 100_000;

/** What turns take of the store beside streams that run, with few sessions in it and with many. The store is the server's, in this process. */
export const sessionStore: BenchCase = {
  name: "session-store",
  title: `Turns on SQLite beside ${STREAMS} streams, in an empty store and in one of ${SESSIONS} sessions`,
  async run(setup) {
    const folder = await mkdtemp(join(tmpdir(), "rill-bench-"));
    try {
      const [empty, full] = [join(folder, "empty.db"), join(folder, "full.db")];
      setup.announce(`${SESSIONS} sessions are made`);
      await fillStore(full, setup.short ? 1_000 : SESSIONS);
      const loads: Record<"empty" | "full", StoreLoad[]> = { empty: [], full: [] };
      const starts: { empty: number; full: number }[] = [];
      await using client = new ClientProcess();
      for (let round = 0; round < setup.rounds; round += 1) {
        setup.announce(`round ${round + 1} of ${setup.rounds}`);
        await using rill = await startRill({ setup, ...SIZE, flags: ["--store", "memory:"] });
        for (const [name, path] of [
          ["empty", empty],
          ["full", full],
        ] as const) {
          loads[name].push(await loadBeside(rill, { client, path, turns: setup.short ? 8 : TURNS }));
        }
        starts.push({ empty: await startMs(setup, empty), full: await startMs(setup, full) });
      }
      const start = (name: "empty" | "full"): number[] => starts.map((times) => times[name]);
      const later = toRow(
        { what: "start-up, later by", unit: "ms", aim: { atMost: 1_000 } },
        start("full").map((ms, round) => ({ rill: ms - (start("empty")[round] ?? NaN) })),
      );
      return { rows: [...rowsOf("empty store", loads.empty), ...rowsOf("full store", loads.full), later], plots: [] };
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};

async function loadBeside(
  { target }: Side,
  { client, path, turns }: { client: ClientProcess; path: string; turns: number },
): Promise<StoreLoad> {
  const calls = Array.from({ length: STREAMS }, (_, n) => ({
    prompt: story(n + 1, 16),
    outputTokens: OUTPUT_TOKENS,
    mayReuse: true,
  }));
  const played = new AbortController();
  // Streams that end are followed by others for as long as turns are played.
  const streams = (async () => {
    while (!played.signal.aborted) await client.play({ target, calls });
  })();
  await using store = openSqliteStore(path);
  const load = await playTurns(store, { count: turns, pauseMs: PAUSE_MS });
  played.abort();
  await streams;
  return load;
}

async function startMs(setup: Parameters<BenchCase["run"]>[0], path: string): Promise<number> {
  const startedAtMs = performance.now();
  await using _rill = await startRill({ setup, ...SIZE, flags: ["--store", `sqlite:${path}`] });
  return performance.now() - startedAtMs;
}

function rowsOf(where: string, loads: readonly StoreLoad[]): BenchRow[] {
  const row = (what: string, atMost: number, figure: (load: StoreLoad) => number): BenchRow =>
    toRow(
      { what: `${where}: ${what}`, unit: "ms", aim: { atMost } },
      loads.map((load) => ({ rill: figure(load) })),
    );
  const p99 = (times: readonly number[]): number => percentile(times, 0.99);
  return [
    row("opening a turn, p99", 5, ({ turns }) => p99(turns.map(({ openMs }) => openMs))),
    row("committing it, p99", 5, ({ turns }) => p99(turns.map(({ commitMs }) => commitMs))),
    row("longest stall of the event loop, beyond that without turns", 2, ({ stallMs, idleStallMs }) =>
      Math.max(0, stallMs - idleStallMs),
    ),
  ];
}
