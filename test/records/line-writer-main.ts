import { LineFile } from "../../src/records/line-file.js";
import { systemClock } from "../../src/sync/clock.js";
import { silentLogger } from "../../src/telemetry/logger.js";

/** Appends numbered lines to the file that the first argument names, and announces each to the parent, until the process is killed. */
const file = LineFile.open({
  name: "usage log",
  path: process.argv[2] ?? "",
  maxBytes: 1_000_000_000,
  maxFiles: 2,
  maxAgeMs: 0,
  clock: systemClock,
  wallNowMs: Date.now,
  log: silentLogger,
});

function next(count: number): void {
  file.append(JSON.stringify({ line: count }));
  process.send?.(count, () => next(count + 1));
}

next(1);
