import type { Aim, BenchRow } from "./bench-case.js";
import { median } from "./median.js";

/** The figures of one round. */
export interface RoundFigures {
  readonly rill: number;
  readonly peer?: number | undefined;
}

export interface RowHead {
  readonly what: string;
  readonly unit: string;
  readonly aim?: Aim;
}

/** The row of one figure, over its rounds. @throws RangeError for no rounds, or a figure that is not a number */
export function toRow(head: RowHead, rounds: readonly RoundFigures[]): BenchRow {
  for (const { rill, peer } of rounds) {
    if (!Number.isFinite(rill) || !Number.isFinite(peer ?? 0)) throw new RangeError(`${head.what}: no figure`);
  }
  const peers = rounds.flatMap(({ peer }) => peer ?? []);
  const ratios = rounds.flatMap(({ rill, peer }) => (peer === undefined ? [] : rill / peer));
  return {
    what: head.what,
    unit: head.unit,
    rill: median(rounds.map(({ rill }) => rill)),
    peer: peers.length === 0 ? undefined : median(peers),
    ratio: ratios.length === 0 ? undefined : median(ratios),
    aim: head.aim,
    rounds,
  };
}
