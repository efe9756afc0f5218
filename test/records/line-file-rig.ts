import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LineFile, type LineFileOptions } from "../../src/records/line-file.js";
import { RecordingLogger } from "../scheduler/recording-logger.js";
import { ManualClock } from "../support/manual-clock.js";

/** A folder for files of lines, which is removed at the end, and a clock that is moved by hand. */
export class LineFileRig implements Disposable {
  readonly folder: string;
  readonly clock = new ManualClock();
  readonly log = new RecordingLogger();
  /** The time of day at which the clock began. */
  readonly startedMs = Date.now();

  constructor(folder = mkdtempSync(join(tmpdir(), "rill-lines-"))) {
    this.folder = folder;
  }

  get path(): string {
    return join(this.folder, "lines.jsonl");
  }

  open(options: Partial<LineFileOptions> = {}): LineFile {
    return LineFile.open({
      name: "usage log",
      path: this.path,
      maxBytes: 1_000_000,
      maxFiles: 3,
      maxAgeMs: 0,
      clock: this.clock,
      wallNowMs: () => this.startedMs + this.clock.nowMs(),
      log: this.log,
      ...options,
    });
  }

  /** The lines of the current file, or of the file that was set aside with this number. */
  lines(aside?: number): readonly string[] {
    const text = readFileSync(aside === undefined ? this.path : `${this.path}.${aside}`, "utf8");
    return text.split("\n").slice(0, -1);
  }

  /** The names of the files, without their folder. */
  files(): readonly string[] {
    return readdirSync(this.folder).toSorted();
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
