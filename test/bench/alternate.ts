import { setTimeout as passed } from "node:timers/promises";
import type { BenchSetup } from "./bench-case.js";

/**
 * llama-server's compute threads go on spinning for some 0.3 s after their last batch, in case another comes: on two cores, whoever was measured in
 * that time had one of them.
 */
export const SETTLE_MS = 1_000;

export interface Alternation<Contender, Result> {
  readonly setup: Pick<BenchSetup, "rounds" | "announce">;
  readonly contenders: readonly Contender[];
  /** Quiet before each measurement. Default 1,000. */
  readonly settleMs?: number;
  /** @param round from 0 */
  readonly measure: (contender: Contender, round: number) => Promise<Result>;
}

/**
 * Measures all contenders one after another, round by round; every other round goes backwards, so that a machine that slows down favours nobody.
 * @returns each round's results, in the order of the contenders
 */
export async function alternate<Contender, Result>(options: Alternation<Contender, Result>): Promise<Result[][]> {
  const { setup, contenders, settleMs = SETTLE_MS, measure } = options;
  const rounds: Result[][] = [];
  for (let round = 0; round < setup.rounds; round += 1) {
    setup.announce(`round ${round + 1} of ${setup.rounds}`);
    const results: Result[] = [];
    const order = [...contenders.entries()];
    if (round % 2 === 1) order.reverse();
    for (const [place, contender] of order) {
      await passed(settleMs);
      results[place] = await measure(contender, round);
    }
    rounds.push(results);
  }
  return rounds;
}
