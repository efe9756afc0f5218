import type { SessionFacts } from "./session-facts.js";

interface Column {
  readonly fact: keyof SessionFacts;
  readonly heading: string;
  readonly width: number;
}

/** Widths are those of what is usual: longer ones push the rest of their line, and no line waits for a later page. */
const COLUMNS: readonly Column[] = [
  { fact: "id", heading: "ID", width: 28 },
  { fact: "turns", heading: "TURNS", width: 5 },
  { fact: "revision", heading: "REVISION", width: 8 },
  { fact: "bytes", heading: "BYTES", width: 7 },
  { fact: "idle", heading: "IDLE", width: 5 },
  { fact: "used", heading: "USED", width: 20 },
  { fact: "running", heading: "RUNNING", width: 7 },
  { fact: "labels", heading: "LABELS", width: 0 },
];

/** The line above those of `sessionLine`. */
export function sessionHead(): string {
  return line(({ heading }) => heading);
}

/** One session, for people. */
export function sessionLine(facts: SessionFacts): string {
  return line(({ fact }) => facts[fact]);
}

function line(cellOf: (column: Column) => string): string {
  return COLUMNS.map((column) => cellOf(column).padEnd(column.width)).join("  ");
}
