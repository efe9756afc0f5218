/**
 * `npm run bench`: Rill beside a llama-server of the same release, the same kernels, the same model and equal work. Prints a table and writes report.json
 * and report.html. Exit code 1 where a case failed, 2 for a wrong command line; an aim that is not met is said, and no failure.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { usableThreads } from "../../src/machine/usable-threads.js";
import { defaultModelPath } from "../support/default-model.js";
import { stampRun } from "../support/run-stamp.js";
import { ArgumentError, type BenchArguments, parseBenchArguments, USAGE } from "./bench-arguments.js";
import type { BenchSetup } from "./bench-case.js";
import { CASES } from "./cases.js";
import { findPeer } from "./peer/find-or-build-peer.js";
import { findPeerLayout } from "./peer/peer-layout.js";
import type { BenchReport, MeasuredCase } from "./report/bench-report.js";
import { keepReport } from "./report/kept-report.js";
import { htmlReport } from "./report/html-report.js";
import { COLUMNS, tableCells } from "./report/table-cells.js";
import { textTable } from "./report/text-table.js";
import { runCase } from "./run-case.js";

const given = process.argv.slice(2);
try {
  await bench(
    parseBenchArguments(
      given,
      CASES.map(({ name }) => name),
    ),
  );
} catch (error) {
  if (!(error instanceof ArgumentError)) throw error;
  console.error(`${error.message}\nusage: ${USAGE}`);
  process.exitCode = 2;
}

async function bench({ cases, rounds, short, out, record }: BenchArguments): Promise<void> {
  const peer = await findPeer();
  const setup: BenchSetup = {
    modelPath: await defaultModelPath(),
    threads: usableThreads(),
    rounds,
    short,
    peerPath: "path" in peer ? peer.path : undefined,
    announce: (what) => console.log(`${new Date().toISOString().slice(11, 19)}  ${what}`),
  };
  const release = (await findPeerLayout()).release;
  const stamp = stampRun();
  const measured: MeasuredCase[] = [];
  const leftOut: string[] = [];
  const report = (): BenchReport => ({
    ...stamp,
    model: basename(setup.modelPath),
    release,
    threads: setup.threads,
    command: ["npm run bench", ...(given.length === 0 ? [] : ["--", ...given])].join(" "),
    rounds,
    short,
    leftOut,
    cases: measured,
  });
  for (const benchCase of CASES.filter(({ name }) => cases.includes(name))) {
    if (benchCase.needsPeer && "skipped" in peer) {
      leftOut.push(`${benchCase.name} (${peer.skipped})`);
    } else {
      setup.announce(`${benchCase.name}: ${benchCase.title}`);
      measured.push(await runCase(benchCase, setup));
    }
    // After each case: a run that is interrupted leaves what it has.
    await write(out, report());
  }
  print(report());
  console.log(`\nreports: ${join(out, "report.json")}, ${join(out, "report.html")}`);
  if (record !== undefined) console.log(`kept: ${await keepReport(record, report())}`);
  if (measured.some(({ failure }) => failure !== undefined)) process.exitCode = 1;
}

async function write(folder: string, report: BenchReport): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "report.json"), `${JSON.stringify(report, undefined, 2)}\n`);
  await writeFile(join(folder, "report.html"), htmlReport(report));
}

function print({ cases, leftOut, short }: BenchReport): void {
  const rows = cases.flatMap((measured) => measured.rows.map(tableCells));
  console.log(`\n${textTable([COLUMNS, ...rows])}`);
  if (short) console.log("a short run: its figures mean nothing");
  for (const what of leftOut) console.log(`left out: ${what}`);
  for (const { name, failure } of cases) if (failure !== undefined) console.log(`failed: ${name}: ${failure}`);
}
