import assert from "node:assert/strict";
import fs, { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WatchedFile } from "../../src/identity/watched-file.js";
import { ManualClock } from "../support/manual-clock.js";

const LOOK_MS = 1_000;

/** A watched file whose readings are listed: its text, or the fault. */
class WatchScene implements Disposable {
  readonly path: string;
  readonly readings: string[] = [];
  readonly #clock = new ManualClock();
  readonly #folder = mkdtempSync(join(tmpdir(), "rill-watched-"));
  readonly #file: WatchedFile;

  constructor(text: string) {
    this.path = join(this.#folder, "file");
    writeFileSync(this.path, text);
    const onChange = (): Promise<void> => {
      this.#read();
      return Promise.resolve();
    };
    this.#file = new WatchedFile({ path: this.path, maxBytes: 100, clock: this.#clock, onChange });
    this.#read();
    this.#file.watch();
  }

  /** Lets the next look happen. The look has read what it reads by the end of its timer, without any work of libuv's pool. */
  async look(): Promise<readonly string[]> {
    this.#clock.advance(LOOK_MS);
    const readings = this.readings.splice(0);
    // The next timer is set in a microtask.
    await Promise.resolve();
    await Promise.resolve();
    return readings;
  }

  replace(text: string): void {
    writeFileSync(`${this.path}.new`, text);
    renameSync(`${this.path}.new`, this.path);
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
    rmSync(this.#folder, { recursive: true });
  }

  #read(): void {
    try {
      this.readings.push(this.#file.read());
    } catch (error) {
      this.readings.push(String(error).replace(this.path, "PATH"));
    }
  }
}

/** Runs `act` while the process has no free descriptor, as far as reads of files can tell. */
async function withoutDescriptors(act: () => Promise<void>): Promise<void> {
  const { readFileSync } = fs;
  fs.readFileSync = () => {
    throw Object.assign(new Error("EMFILE: too many open files"), { code: "EMFILE" });
  };
  syncBuiltinESMExports();
  try {
    await act();
  } finally {
    fs.readFileSync = readFileSync;
    syncBuiltinESMExports();
  }
}

describe("A watched file", () => {
  it("is read within two looks of its change, once, in the turn of the look", async () => {
    using scene = new WatchScene("old");
    assert.deepEqual(scene.readings.splice(0), ["old"]);
    assert.deepEqual([await scene.look(), await scene.look()], [[], []]);
    scene.replace("new");
    assert.deepEqual([await scene.look(), await scene.look(), await scene.look()], [[], ["new"], []]);
  });

  it("is not read while it is written", async () => {
    using scene = new WatchScene("old");
    scene.readings.length = 0;
    writeFileSync(scene.path, "a: 1\n");
    for (const line of ["b: 2\n", "c: 3\n", "disabled: true\n"]) {
      assert.deepEqual(await scene.look(), []);
      appendFileSync(scene.path, line);
    }
    assert.deepEqual(await scene.look(), []);
    assert.deepEqual(await scene.look(), ["a: 1\nb: 2\nc: 3\ndisabled: true\n"]);
  });

  it("that could not be read for a moment is read at the next look, and its fault is told once", async () => {
    using scene = new WatchScene("old");
    scene.readings.length = 0;
    scene.replace("new");
    assert.deepEqual(await scene.look(), []);
    await withoutDescriptors(async () => {
      assert.deepEqual(await scene.look(), ["Error: PATH cannot be read: EMFILE"]);
      assert.deepEqual([await scene.look(), await scene.look()], [[], []]);
    });
    assert.deepEqual([await scene.look(), await scene.look()], [["new"], []]);
  });

  it("that is removed, or grows beyond its bound, is told once, and read when it is back", async () => {
    using scene = new WatchScene("old");
    scene.readings.length = 0;
    rmSync(scene.path);
    const removed = ["Error: PATH cannot be read: ENOENT"];
    assert.deepEqual([await scene.look(), await scene.look(), await scene.look()], [[], removed, []]);
    writeFileSync(scene.path, "a".repeat(101));
    const large = ["Error: PATH cannot be read: it has 101 bytes; at most 100"];
    assert.deepEqual([await scene.look(), await scene.look(), await scene.look()], [[], large, []]);
    scene.replace("old");
    assert.deepEqual([await scene.look(), await scene.look()], [[], ["old"]]);
  });
});
