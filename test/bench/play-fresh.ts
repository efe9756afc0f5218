import { setTimeout as passed } from "node:timers/promises";
import { SETTLE_MS } from "./alternate.js";
import type { Side } from "./side.js";

export interface FreshPlay<Result> {
  readonly start: () => Promise<Side>;
  readonly round: number;
  /** First to warm the server, then to be measured. @param seed tells the two apart, and rounds */
  readonly play: (side: Side, seed: number) => Promise<Result>;
}

/** V8 compiles what serves during a process's first few hundred steps, on the cores that compute. */
const WARMING_PLAYS = 2;

/** Measures a server of its own: of two processes of the same program one may compute 5 % faster than the other for all its life. */
export async function playFresh<Result>({ start, round, play }: FreshPlay<Result>): Promise<Result> {
  await using side = await start();
  for (let warming = 1; warming <= WARMING_PLAYS; warming++) await play(side, -warming);
  await passed(SETTLE_MS);
  return await play(side, round);
}
