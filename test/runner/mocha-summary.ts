/** How many cases of a mocha run passed, were skipped and failed. */
export interface CaseCounts {
  readonly passing: number;
  readonly pending: number;
  readonly failing: number;
}

/** What is read from the output of mocha's spec reporter. */
export interface MochaSummary extends CaseCounts {
  /** The list of failed cases with their errors; empty where none failed. */
  readonly failures: string;
}

/**
 * Reads the output of a mocha run that ended with `status`. A run that ended badly without a failed case (it hung, or never began) counts as one failure,
 * and so does one that ran no case.
 */
export function readMochaOutput(output: string, status: number | null): MochaSummary {
  const passing = countOf(output, "passing");
  const pending = countOf(output, "pending");
  const failing = countOf(output, "failing");
  if (failing > 0) return { passing, pending, failing, failures: output.slice(output.search(lineOf("failing"))) };
  if (status === 0 && passing + pending > 0) return { passing, pending, failing, failures: "" };
  const end = output.split("\n").slice(-LINES_OF_A_BAD_END).join("\n");
  return { passing, pending, failing: 1, failures: `${end}\nended with ${status ?? "a signal"}\n` };
}

/** The counts of several runs together, as mocha prints those of one. */
export function formatTotals(runs: readonly CaseCounts[]): string {
  const total = (word: keyof CaseCounts): number => runs.reduce((sum, counts) => sum + counts[word], 0);
  const skipped = total("pending") === 0 ? "" : `  ${total("pending")} pending\n`;
  return `  ${total("passing")} passing\n${skipped}  ${total("failing")} failing\n`;
}

const LINES_OF_A_BAD_END = 40;

/** The line that says how many cases ended so: `  12 passing (3s)`. */
function lineOf(word: string): RegExp {
  return new RegExp(`^ *(\\d+) ${word}(?: \\(.*\\))?$`, "m");
}

function countOf(output: string, word: string): number {
  return Number(lineOf(word).exec(output)?.[1] ?? 0);
}
