import type { BenchReport, JudgedRow, MeasuredCase } from "./bench-report.js";
import { element, escapeText } from "./markup.js";
import { STYLE_SHEET } from "./style-sheet.js";
import { svgPlot } from "./svg-plot.js";
import { COLUMNS, tableCells } from "./table-cells.js";

/** One page that needs nothing else: a section for each case, with its table and its plots. Well-formed XML as well. */
export function htmlReport(report: BenchReport): string {
  const head = element(
    "head",
    {},
    `<meta charset="utf-8"/><meta name="viewport" content="width=device-width, initial-scale=1"/>`,
    element("title", {}, "Rill beside llama-server"),
    // Written as it is: the style sheet has no text of others in it.
    `<style>${STYLE_SHEET}</style>`,
  );
  const body = element(
    "body",
    {},
    element("h1", {}, "Rill beside llama-server"),
    facts(report),
    ...report.leftOut.map((what) => element("p", {}, escapeText(`Left out: ${what}`))),
    ...report.cases.map(section),
  );
  return `<!DOCTYPE html>\n${element("html", { lang: "en" }, head, body)}\n`;
}

function facts(report: BenchReport): string {
  const told: readonly (readonly [string, string])[] = [
    ["commit", report.commit],
    ["date", report.date],
    ["machine", report.machine],
    ["model", report.model],
    ["llama.cpp", `${report.release}, the same kernels on both sides`],
    ["threads", String(report.threads)],
    ["rounds", `${report.rounds}, alternating; figures and ratios (Rill : peer) are medians`],
    ["command", report.command],
    ...(report.short ? [["note", "a short run: its figures mean nothing"] as const] : []),
  ];
  return element(
    "dl",
    {},
    ...told.map(([name, text]) => element("dt", {}, name) + element("dd", {}, escapeText(text))),
  );
}

function section({ title, name, seconds, rows, plots, failure }: MeasuredCase): string {
  return element(
    "section",
    { id: name },
    element("h2", {}, escapeText(title)),
    ...(failure === undefined ? [] : [element("p", { class: "missed" }, escapeText(`Failed: ${failure}`))]),
    ...(rows.length === 0 ? [] : [table(rows)]),
    ...plots.map(svgPlot),
    element("p", {}, escapeText(`--cases ${name}, ${seconds.toFixed(0)} s`)),
  );
}

function table(rows: readonly JudgedRow[]): string {
  const head = element("tr", {}, ...COLUMNS.map((column) => element("th", {}, column)));
  const lines = rows.map((row) => {
    const verdict = row.verdict === "met" ? "met" : row.verdict === "not met" ? "missed" : "";
    const cells = tableCells(row).map((cell, column) =>
      element("td", column === COLUMNS.length - 1 ? { class: verdict } : {}, escapeText(cell)),
    );
    return element("tr", {}, ...cells);
  });
  return element(
    "div",
    { class: "wide" },
    element("table", {}, element("thead", {}, head), element("tbody", {}, ...lines)),
  );
}
