import type { BenchSetup } from "./bench-case.js";

export interface Alternation<Contender, Result> {
  readonly setup: Pick<BenchSetup, "rounds" | "announce">;
  readonly contenders: readonly Contender[];
  /** @param round from 0 */
  readonly measure: (contender: Contender, round: number) => Promise<Result>;
}

/**
 * Measures all contenders one after another, round by round; every other round goes backwards, so that a machine that slows down favours nobody.
 * @returns each round's results, in the order of the contenders
 */
export async function alternate<Contender, Result>(options: Alternation<Contender, Result>): Promise<Result[][]> {
  const { setup, contenders, measure } = options;
  const rounds: Result[][] = [];
  for (let round = 0; round < setup.rounds; round += 1) {
    setup.announce(`round ${round + 1} of ${setup.rounds}`);
    const results: Result[] = [];
    const order = [...contenders.entries()];
    if (round % 2 === 1) order.reverse();
    for (const [place, contender] of order) results[place] = await measure(contender, round);
    rounds.push(results);
  }
  return rounds;
}
