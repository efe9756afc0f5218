import assert from "node:assert/strict";

import { createProgressBar } from "../../src/server/progress-bar.js";
import { createScreen } from "../models/support/screen.js";

const MEBIBYTE = 1024 * 1024;

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
