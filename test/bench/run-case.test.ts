import assert from "node:assert/strict";
import type { BenchCase, BenchSetup } from "./bench-case.js";
import { runCase } from "./run-case.js";

const SETUP: BenchSetup = {
  modelPath: "model.gguf",
  threads: 1,
  rounds: 1,
  short: true,
  peerPath: undefined,
  announce: () => {},
};

const caseOf = (run: BenchCase["run"]): BenchCase => ({ name: "example", title: "An example", run });

describe("a case of the bench", () => {
  it("has each of its rows judged", async () => {
    const row = { what: "rate", unit: "", rill: 1, rounds: [{ rill: 1 }] };
    const rows = [row, { ...row, aim: { atMost: 1 } }, { ...row, aim: { atLeast: 2 } }];
    const measured = await runCase(
      caseOf(async () => ({ rows, plots: [] })),
      SETUP,
    );
    assert.deepEqual(
      measured.rows.map(({ verdict }) => verdict),
      ["no aim", "met", "not met"],
    );
    assert.equal(measured.failure, undefined);
  });

  it("that fails says why and has no figures", async () => {
    const measured = await runCase(
      caseOf(async () => {
        throw new Error("the two sides did not do equal work");
      }),
      SETUP,
    );
    assert.deepEqual([measured.name, measured.rows, measured.plots], ["example", [], []]);
    assert.match(measured.failure ?? "", /the two sides did not do equal work/);
  });
});
