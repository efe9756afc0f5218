import { namesIn, tableRows, type TableRow } from "./page-tables.js";

const PAGE = "docs/errors.md";
const REASON = /^`[A-Z_]+`/;
const FAULT = /^`[a-z_]+`$/;

/** A row of the tables that list the reasons. */
interface ReasonRow {
  readonly reason: string;
  readonly status: string;
  readonly when: string;
  readonly whatToDo: string;
}

/** The reasons as the page on errors lists them, in its order. */
export function pageReasons(): readonly ReasonRow[] {
  return rowsOf(REASON, 4).map(([reason = "", status = "", when = "", whatToDo = ""]) => {
    return { reason: namesIn(reason).join(), status, when, whatToDo };
  });
}

/** The names of the facts in ErrorInfo.metadata that the page tells of each reason which has some. */
export function pageFacts(): ReadonlyMap<string, readonly string[]> {
  const rows = rowsOf(REASON, 2);
  return new Map(rows.flatMap(([reasons = "", facts = ""]) => namesIn(reasons).map((name) => [name, namesIn(facts)])));
}

/** The faults of the store that the page explains, in its order. */
export function pageFaults(): readonly string[] {
  return rowsOf(FAULT, 3).flatMap(([fault = ""]) => namesIn(fault));
}

function rowsOf(first: RegExp, columns: number): readonly TableRow[] {
  return tableRows(PAGE).filter((cells) => cells.length === columns && first.test(cells[0] ?? ""));
}
