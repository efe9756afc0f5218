import type { Aim } from "../bench-case.js";
import type { JudgedRow } from "./bench-report.js";

export const COLUMNS = ["what", "Rill", "peer", "ratio", "aim", "verdict"] as const;

/** A row as it is read, one text for each column; what there is not is empty. */
export function tableCells({ what, unit, rill, peer, ratio, aim, verdict }: JudgedRow): readonly string[] {
  return [
    unit === "" ? what : `${what} (${unit})`,
    formatFigure(rill),
    peer === undefined ? "" : formatFigure(peer),
    ratio === undefined ? "" : ratio.toFixed(3),
    aim === undefined ? "" : formatAim(aim),
    verdict === "no aim" ? "" : verdict,
  ];
}

/** Four digits that count, of great figures all before the point; no exponent, thousands apart. */
export function formatFigure(figure: number): string {
  const digits = Math.abs(figure) < 1_000 ? { maximumSignificantDigits: 4 } : { maximumFractionDigits: 0 };
  return figure.toLocaleString("en", digits);
}

export function formatAim({ atLeast, atMost }: Aim): string {
  const bounds = [
    ...(atLeast === undefined ? [] : [`≥ ${formatFigure(atLeast)}`]),
    ...(atMost === undefined ? [] : [`≤ ${formatFigure(atMost)}`]),
  ];
  return bounds.join(", ");
}
