import { readFileSync } from "node:fs";

/** The cells of a row of a table, without the spaces around them. */
export type TableRow = readonly string[];

/** The rows of all tables of a page, without their heads. A page's tables have no "|" within a cell. */
export function tableRows(path: string): readonly TableRow[] {
  const lines = readFileSync(path, "utf8").split("\n");
  return lines.flatMap((line, index) => {
    if (!line.startsWith("|") || isRule(line) || isRule(lines[index + 1] ?? "")) return [];
    const cells = line.split("|").slice(1, -1);
    return [cells.map((cell) => cell.trim())];
  });
}

/** The names in backquotes in a cell, such as two reasons that share a row. */
export function namesIn(cell: string): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);
}

/** The line below the head of a table. */
function isRule(line: string): boolean {
  return /^\|(?: *:?-+:? *\|)+$/.test(line);
}
