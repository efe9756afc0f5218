/**
 * Runs the code blocks of the README and of docs/ against real servers, page after page, and compares what they print with what the pages show.
 * Usage: run-pages-main [PAGE …]; without pages, all run. A page with a block that failed is followed once more.
 * Exit code 1 when a block failed again.
 */
import { readPage } from "./markdown-page.js";
import { pageFiles } from "./page-files.js";
import { PageRun } from "./page-run.js";
import { type PageStep, pageSteps } from "./page-steps.js";

const asked = process.argv.slice(2);
const pages = asked.length > 0 ? asked : pageFiles();
let held = 0;
let failed = 0;
for (const { path, steps } of pages.map((file) => ({ path: file, steps: pageSteps(readPage(file)) }))) {
  let ends = await followPage(path, steps);
  if (ends.failed > 0) {
    // Two calls of a page may meet in another order while the machine does other work. A defect fails again.
    console.log(`following ${path} once more`);
    ends = await followPage(path, steps);
  }
  held += ends.held;
  failed += ends.failed;
}
console.log(`\n${held} passing\n${failed} failing`);
process.exitCode = failed > 0 ? 1 : 0;

/** @returns how many of the steps held and failed */
async function followPage(path: string, steps: readonly PageStep[]): Promise<{ held: number; failed: number }> {
  await using run = new PageRun();
  const ends = { held: 0, failed: 0 };
  for (const step of steps) {
    const end = await run.follow(step).catch((fault: unknown) => ({ type: "failed" as const, why: String(fault) }));
    const place = `${path}:${step.line}`;
    if (end.type === "held") ends.held += 1;
    if (end.type === "unrun") console.log(`not run ${place}: it needs ${end.needs}`);
    if (end.type !== "failed") continue;
    ends.failed += 1;
    console.log(`failed ${place}: ${end.why}`);
  }
  return ends;
}
