import { setTimeout as passed } from "node:timers/promises";
import { SETTLE_MS } from "./alternate.js";
import type { Side } from "./side.js";

export interface FreshPlay<Result> {
  readonly start: () => Promise<Side>;
  readonly round: number;
  /** Once to warm the server, once to be measured. @param seed tells the two apart, and rounds */
  readonly play: (side: Side, seed: number) => Promise<Result>;
}

/** Measures a server of its own: of two processes of the same program one may compute 5 % faster than the other for all its life. */
export async function playFresh<Result>({ start, round, play }: FreshPlay<Result>): Promise<Result> {
  await using side = await start();
  await play(side, -1);
  await passed(SETTLE_MS);
  return await play(side, round);
}
