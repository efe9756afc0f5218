import { readFileSync } from "node:fs";
import type { JudgedRow } from "../../bench/report/bench-report.js";
import { type KeptReport, readKeptReports } from "../../bench/report/kept-report.js";
import { formatAim, formatFigure } from "../../bench/report/table-cells.js";
import { markdownTable } from "./markdown-text.js";

/** A comment that names cases of the bench and what they compare Rill with. The table of their figures follows it, up to the next comment. */
const SECTION =
  /<!-- figures of ([a-z]+(?:-[a-z]+)*(?:, [a-z]+(?:-[a-z]+)*)*)(?: beside ([^>]+?))? -->\n((?:(?!<!-- figures of)[\s\S])*?)<!-- end of figures -->/g;
/** Every comment that looks like the beginning or the end of a section. */
const MARK = /<!--\s*(?:figures of|end of figures)/g;

/** docs/performance.md with its tables of figures as the committed reports of the bench hold them. */
export function performancePage(): string {
  return fillFigures(readFileSync("docs/performance.md", "utf8"), readKeptReports());
}

/** Fills each section of figures in a page. @throws Error if not exactly one report holds a case, or if a comment of a section is malformed or has no partner */
export function fillFigures(page: string, reports: readonly KeptReport[]): string {
  const sections = [...page.matchAll(SECTION)].length;
  const marks = [...page.matchAll(MARK)].length;
  if (marks !== 2 * sections) throw new Error(`${marks} comments mark ${sections} whole sections of figures`);
  return page.replaceAll(SECTION, (_section, names: string, peer: string | undefined) => {
    const cases = names.split(", ").map((name) => findCase(name, reports));
    const heading = `<!-- figures of ${names}${peer === undefined ? "" : ` beside ${peer}`} -->`;
    const rows = cases.flatMap(({ title, rows }) => [[`**${title}**`], ...rows.map((row) => cellsOf(row, peer))]);
    const headings = peer === undefined ? ["what", "Rill", "aim"] : ["what", "Rill", peer, "ratio", "aim"];
    const table = markdownTable(
      headings,
      rows.map((cells) => headings.map((_, index) => cells[index] ?? "")),
    );
    const sources = [...new Set(cases.map(({ report }) => report))].map(sourceOf);
    return [heading, table, sources.join(" "), "<!-- end of figures -->"].join("\n\n");
  });
}

function findCase(
  name: string,
  reports: readonly KeptReport[],
): { readonly report: KeptReport; readonly title: string; readonly rows: readonly JudgedRow[] } {
  const found = reports.flatMap((report) =>
    report.cases.filter((measured) => measured.name === name).map(({ title, rows }) => ({ report, title, rows })),
  );
  const [first] = found;
  if (first === undefined || found.length > 1) {
    throw new Error(`${found.length} of the bench's reports hold the case ${name}; exactly one must`);
  }
  return first;
}

function cellsOf({ what, unit, rill, peer, ratio, aim, verdict }: JudgedRow, column: string | undefined): string[] {
  const isOfFigure = aim?.about === "figure" || ratio === undefined;
  const aimUnit = isOfFigure && unit !== "" ? ` ${unit}` : "";
  const aimText = aim === undefined ? "" : `${formatAim(aim)}${aimUnit}${verdict === "met" ? ", met" : ""}`;
  const head = [unit === "" ? what : `${what}, ${unit}`, shortFigure(rill)];
  if (column === undefined) return [...head, aimText];
  return [...head, peer === undefined ? "" : shortFigure(peer), ratio?.toFixed(2) ?? "", aimText];
}

/** Three digits say all that one run can. */
function shortFigure(figure: number): string {
  return formatFigure(Number(figure.toPrecision(3)));
}

function sourceOf({ path, commit, date, rounds, machine }: KeptReport): string {
  const often = rounds === 1 ? "one round" : `medians of ${rounds} rounds`;
  return `[Report](../${path}) of ${date.slice(0, 10)}, commit ${commit}, ${often}, ${machine}.`;
}
