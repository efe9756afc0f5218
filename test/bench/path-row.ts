import type { Aim, BenchRow } from "./bench-case.js";
import { median } from "./median.js";

/** A figure of each round, and where there is one the bare server's. */
export interface RoundFigure {
  readonly rill: number;
  readonly peer?: number;
}

/** The row of one figure. @throws RangeError for no rounds */
export function toRow(
  { what, unit, aim }: { what: string; unit: string; aim?: Aim },
  rounds: readonly RoundFigure[],
): BenchRow {
  const peers = rounds.flatMap(({ peer }) => peer ?? []);
  const ratios = rounds.flatMap(({ rill, peer }) => (peer === undefined ? [] : rill / peer));
  return {
    what,
    unit,
    rill: median(rounds.map(({ rill }) => rill)),
    peer: peers.length === 0 ? undefined : median(peers),
    ratio: ratios.length === 0 ? undefined : median(ratios),
    aim,
    rounds,
  };
}
