import type { BenchFigures, Spread } from "./bench-figures.js";

const HEADINGS = ["streams", "tok/s", "TTFT p50", "TTFT p99", "ITL p50", "ITL p99"];
const COLUMN = 11;

/** Formats the heading of the table. */
export function tableHead(): string {
  return line([...HEADINGS, "  errors"]);
}

/** Formats the results for one number of streams as a line of the table. */
export function tableLine({ streams, tokensPerSecond, firstTokenMs, gapMs, errors }: BenchFigures): string {
  const reasons = Object.entries(errors).map(([reason, count]) => `${reason} ×${count}`);
  return line([
    String(streams),
    rounded(tokensPerSecond),
    ...spread(firstTokenMs),
    ...spread(gapMs),
    `  ${reasons.length === 0 ? "none" : reasons.join(", ")}`,
  ]);
}

function line(cells: readonly string[]): string {
  return cells.map((cell, column) => (column < HEADINGS.length ? cell.padStart(COLUMN) : cell)).join("");
}

function spread(times: Spread | null): [string, string] {
  return times === null ? ["-", "-"] : [`${rounded(times.p50)} ms`, `${rounded(times.p99)} ms`];
}

/** Rounds to three significant digits, or to a whole number if it has more. */
function rounded(value: number): string {
  return value.toFixed(value < 1 ? 3 : value < 10 ? 2 : value < 100 ? 1 : 0);
}
