import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { LineFileRig } from "./line-file-rig.js";

describe("LineFile", () => {
  it("has each line in the file as soon as it was appended, for its owner's eyes alone", () => {
    using rig = new LineFileRig();
    using file = rig.open();
    file.append("one");
    assert.deepEqual(rig.lines(), ["one"]);
    file.append("two");
    assert.deepEqual(rig.lines(), ["one", "two"]);
    assert.equal(statSync(rig.path).mode & 0o777, 0o600);
    assert.deepEqual(file.report, { writtenLines: 2, waitingLines: 0, lostLines: 0 });
  });

  it("goes on behind the lines of an earlier process, without the unfinished one", () => {
    using rig = new LineFileRig();
    const long = `{${"x".repeat(200_000)}`;
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("{}", '{"a":1}', long), { maxLength: 4 }),
        fc.constantFrom("", "{", "\0\0", long),
        (lines, torn) => {
          writeFileSync(rig.path, lines.map((line) => `${line}\n`).join("") + torn);
          using file = rig.open();
          file.append("next");
          assert.deepEqual(rig.lines(), [...lines, "next"]);
        },
      ),
      { numRuns: 60 },
    );
    assert.match(JSON.stringify(rig.log), /unfinished last line of the usage log was cut off/);
  });

  it("sets full files aside, keeps a bounded number of them, and loses no line of those", () => {
    using rig = new LineFileRig();
    using file = rig.open({ maxBytes: 20, maxFiles: 3 });
    for (let line = 10; line < 40; line += 1) file.append(String(line));
    assert.deepEqual(rig.files(), ["lines.jsonl", "lines.jsonl.1", "lines.jsonl.2"]);
    const kept = [...rig.lines(2), ...rig.lines(1), ...rig.lines()];
    assert.deepEqual(
      kept,
      Array.from({ length: kept.length }, (_, index) => String(40 - kept.length + index)),
    );
    assert.equal(rig.lines(1).length, 6);
  });

  it("writes a line that is longer than a file to a file of its own", () => {
    using rig = new LineFileRig();
    using file = rig.open({ maxBytes: 5, maxFiles: 4 });
    for (const line of ["a", "much too long", "b"]) file.append(line);
    assert.deepEqual([rig.lines(2), rig.lines(1), rig.lines()], [["a"], ["much too long"], ["b"]]);
  });

  it("keeps one file alone if that is all it may have", () => {
    using rig = new LineFileRig();
    using file = rig.open({ maxBytes: 6, maxFiles: 1 });
    for (const line of ["a", "b", "c", "d"]) file.append(line);
    assert.deepEqual(rig.files(), ["lines.jsonl"]);
    assert.deepEqual(rig.lines(), ["d"]);
  });

  it("makes the file anew when another program has renamed or removed it", () => {
    using rig = new LineFileRig();
    using file = rig.open();
    file.append("before");
    renameSync(rig.path, `${rig.path}.old`);
    rig.clock.advance(1_000);
    file.append("after");
    assert.deepEqual(rig.lines(), ["after"]);
    rmSync(rig.path);
    rig.clock.advance(1_000);
    file.append("again");
    assert.deepEqual(rig.lines(), ["again"]);
  });

  it("keeps lines in their order while the file cannot be written, and writes them later", () => {
    using rig = new LineFileRig();
    using file = rig.open();
    file.append("1");
    rmSync(rig.path);
    mkdirSync(rig.path);
    rig.clock.advance(1_000);
    file.append("2");
    file.append("3");
    assert.ok(file.isFailing);
    assert.deepEqual(file.report, { writtenLines: 1, waitingLines: 2, lostLines: 0 });
    rig.clock.advance(5_000);
    assert.ok(file.isFailing);
    rmdirSync(rig.path);
    file.append("4");
    rig.clock.advance(1_000);
    assert.ok(!file.isFailing);
    file.append("5");
    assert.deepEqual(rig.lines(), ["2", "3", "4", "5"]);
    const told = JSON.stringify(rig.log);
    assert.equal(told.split("cannot be written; its lines wait in memory").length - 1, 1);
    assert.match(told, /the usage log can be written again/);
  });

  it("counts the lines that its memory has no room for", () => {
    using rig = new LineFileRig();
    using file = rig.open();
    rmSync(rig.path);
    mkdirSync(rig.path);
    rig.clock.advance(1_000);
    const line = "x".repeat(1024 * 1024 - 1);
    for (let count = 0; count < 11; count += 1) file.append(line);
    assert.deepEqual(file.report, { writtenLines: 0, waitingLines: 8, lostLines: 3 });
    rmdirSync(rig.path);
    rig.clock.advance(1_000);
    assert.deepEqual(file.report, { writtenLines: 8, waitingLines: 0, lostLines: 3 });
  });

  it("keeps no half of a line when the disk is full, and goes on when it has room", function () {
    using rig = new LineFileRig();
    const disk = join(rig.folder, "disk");
    mkdirSync(disk);
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", disk]).status === 0;
    if (!mounted) this.skip();
    try {
      const path = join(disk, "lines.jsonl");
      using file = rig.open({ path });
      const filler = join(disk, "filler");
      writeFileSync(filler, "x".repeat(56 * 1024));
      const line = "y".repeat(3_000);
      for (let count = 0; count < 5; count += 1) file.append(`${count}${line}`);
      assert.ok(file.isFailing);
      assert.ok(readFileSync(path, "utf8").endsWith("\n"));
      rmSync(filler);
      rig.clock.advance(1_000);
      const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
      assert.deepEqual(
        lines,
        [0, 1, 2, 3, 4].map((count) => `${count}${line}`),
      );
    } finally {
      spawnSync("umount", ["-l", disk]);
    }
  });

  it("deletes lines at the latest when they are a quarter older than they may be", () => {
    using rig = new LineFileRig();
    const day = 24 * 60 * 60_000;
    using file = rig.open({ maxAgeMs: 4 * day, maxFiles: 100 });
    file.append("first");
    rig.clock.advance(day - 1);
    assert.deepEqual(rig.files(), ["lines.jsonl"]);
    rig.clock.advance(60 * 60_000);
    assert.deepEqual(rig.files(), ["lines.jsonl", "lines.jsonl.1"]);
    rig.clock.advance(4 * day);
    assert.deepEqual(rig.files(), ["lines.jsonl"]);
  });

  it("says at its opening why it cannot be written", () => {
    using rig = new LineFileRig();
    mkdirSync(rig.path);
    assert.throws(() => rig.open(), /the usage log cannot be written: EISDIR/);
    assert.throws(() => rig.open({ path: "/dev/null" }), /\/dev\/null is no regular file/);
    assert.deepEqual(rig.files(), ["lines.jsonl"]);
  });

  it("leaves a file of another program as it is", () => {
    using rig = new LineFileRig();
    for (const text of ["one line without a newline", "key: value\n{}\n", "\n{}\n", "\0\0\0\u0018ftyp"]) {
      writeFileSync(rig.path, text);
      assert.throws(() => rig.open(), /lines\.jsonl does not begin with a line of JSON, so that it is no usage log/);
      assert.equal(readFileSync(rig.path, "utf8"), text);
    }
  });

  it("stays a link where its path is one, and sets full files aside beside the target", () => {
    for (const isThere of [true, false]) {
      using rig = new LineFileRig();
      const target = join(rig.folder, "real", "log.jsonl");
      mkdirSync(dirname(target));
      if (isThere) writeFileSync(target, "");
      symlinkSync(target, rig.path);
      using file = rig.open({ maxBytes: 6, maxFiles: 2 });
      for (const line of ["a", "b", "c", "d"]) file.append(line);
      assert.deepEqual(rig.lines(), ["d"]);
      assert.deepEqual(rig.files(), ["lines.jsonl", "real"]);
      assert.deepEqual(readdirSync(dirname(target)).toSorted(), ["log.jsonl", "log.jsonl.1"]);
    }
  });

  it("writes many waiting lines in their order, and no file beyond its size", () => {
    const line = fc.string({ unit: "binary", maxLength: 40 }).map((text) => JSON.stringify(text));
    fc.assert(
      fc.property(
        fc.array(line, { minLength: 1, maxLength: 300 }),
        fc.integer({ min: 200, max: 5_000 }),
        (lines, maxBytes) => {
          using rig = new LineFileRig();
          using file = rig.open({ maxBytes, maxFiles: 10_000 });
          rmSync(rig.path);
          mkdirSync(rig.path);
          rig.clock.advance(1_000);
          for (const text of lines) file.append(text);
          assert.equal(file.report.waitingLines, lines.length);
          rmdirSync(rig.path);
          rig.clock.advance(1_000);
          const asides = rig.files().length - 1;
          const written = Array.from({ length: asides }, (_, index) => rig.lines(asides - index)).flat();
          assert.deepEqual([...written, ...rig.lines()], lines);
          assert.equal(file.report.writtenLines, lines.length);
          for (const name of rig.files()) assert.ok(statSync(join(rig.folder, name)).size <= maxBytes);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("leaves the mode of a file that the operator has made", () => {
    using rig = new LineFileRig();
    appendFileSync(rig.path, "");
    chmodSync(rig.path, 0o640);
    using file = rig.open();
    file.append("line");
    assert.equal(statSync(rig.path).mode & 0o777, 0o640);
  });
});
