/**
 * Runs the code blocks of the README and of docs/ against real servers, page after page, and compares what they print with what the pages show.
 * Usage: run-pages-main [PAGE …]; without pages, all run. Exit code 1 when a block failed.
 */
import { readPage } from "./markdown-page.js";
import { pageFiles } from "./page-files.js";
import { PageRun } from "./page-run.js";
import { pageSteps } from "./page-steps.js";

const asked = process.argv.slice(2);
const pages = asked.length > 0 ? asked : pageFiles();
let held = 0;
let failed = 0;
for (const { path, steps } of pages.map((file) => ({ path: file, steps: pageSteps(readPage(file)) }))) {
  await using run = new PageRun();
  for (const step of steps) {
    const end = await run.follow(step).catch((fault: unknown) => ({ type: "failed" as const, why: String(fault) }));
    const place = `${path}:${step.line}`;
    if (end.type === "held") held += 1;
    if (end.type === "unrun") console.log(`not run ${place}: it needs ${end.needs}`);
    if (end.type !== "failed") continue;
    failed += 1;
    console.log(`FAILED ${place}: ${end.why}`);
  }
}
console.log(`\n${held} passing\n${failed} failing`);
process.exitCode = failed > 0 ? 1 : 0;
