/**
 * Holds the gRPC port against h2spec, the conformance tests of HTTP/2, and compares what it finds with the baseline of this folder. Ends with 1 when a case fails
 * that should pass, when one of the baseline passes, or when the number of cases changed. A case that differs is tried again by itself first, with more time.
 * Usage: npm run check:h2spec (needs h2spec on the PATH, which `.ci/tools h2spec` installs)
 */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPathServer } from "../bench/path-server.js";
import { BASELINE } from "./baseline.js";
import { complaintOf, deviationsOn, listComplaints } from "./compare-report.js";
import { type ConformanceCase, parseConformanceReport } from "./conformance-report.js";

/** What h2spec waits for a frame that does not come. */
const FRAME_LIMIT_SECONDS = 1;
const PATIENT_LIMIT_SECONDS = 4;
const FURTHER_TRIES = 2;
const RUN_LIMIT_MS = 60_000;

const nodeMajor = Number(process.versions.node.split(".")[0]);
const deviations = deviationsOn(nodeMajor, BASELINE);
await using server = await startPathServer({ slots: 4, stepMs: 0 });

const cases = await runH2spec({ limitSeconds: FRAME_LIMIT_SECONDS });
const complaints = listComplaints(cases, BASELINE, nodeMajor);
for (const tried of cases) {
  const complaint = await lastingComplaint(tried);
  if (complaint !== undefined) complaints.push(complaint);
}
for (const { id, title, because } of deviations.values()) console.log(`deviates  ${id} "${title}": ${because}`);
for (const complaint of complaints) console.log(`FAILS  ${complaint}`);
console.log(
  `${cases.length} cases on Node ${process.versions.node}, of which ${deviations.size} are explained above\n`,
);
console.log(`${cases.length - complaints.length} passing`);
console.log(`${complaints.length} failing`);
if (complaints.length > 0) process.exitCode = 1;

/** The complaint about a case that stands after further tries: a machine with much else to do answers some of them late. */
async function lastingComplaint(tried: ConformanceCase): Promise<string | undefined> {
  const deviation = deviations.get(tried.id);
  let complaint = complaintOf(tried, deviation);
  for (let again = 0; complaint !== undefined && again < FURTHER_TRIES; again += 1) {
    const [repeated] = await runH2spec({ only: tried.id, limitSeconds: PATIENT_LIMIT_SECONDS });
    if (repeated !== undefined) complaint = complaintOf({ ...repeated, id: tried.id }, deviation);
  }
  return complaint;
}

/** Runs all cases, or one. @throws Error where h2spec itself fails */
async function runH2spec(wanted: { only?: string; limitSeconds: number }): Promise<ConformanceCase[]> {
  const folder = await mkdtemp(join(tmpdir(), "rill-h2spec-"));
  try {
    const report = join(folder, "report.xml");
    const [host = "", port = ""] = server.address.split(":");
    const flags = ["--host", host, "--port", port, "--timeout", String(wanted.limitSeconds), "--junit-report", report];
    const problem = await new Promise<string>((resolve) => {
      const args = wanted.only === undefined ? flags : [...flags, wanted.only];
      execFile("h2spec", args, { timeout: RUN_LIMIT_MS }, (error) => resolve(error?.message ?? ""));
    });
    // h2spec ends with 1 for every case that fails, so only a missing report tells that it did not run.
    const xml = await readFile(report, "utf8").catch((error: unknown) => {
      throw new Error(`h2spec wrote no report: ${problem}`, { cause: error });
    });
    return parseConformanceReport(xml);
  } finally {
    await rm(folder, { recursive: true });
  }
}
