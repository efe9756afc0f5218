import assert from "node:assert/strict";
import { Command } from "commander";
import { COUNT, COUNTS, LABELS, text, TEXTS, YES, YES_OR_NO } from "../../../src/cli/input/flag-types.js";
import {
  addRequestFlags,
  type FlagType,
  readRequestFlags,
  type RequestFlag,
} from "../../../src/cli/input/request-flags.js";
import { UsageError } from "../../../src/cli/command/usage-error.js";
import type { JsonObject } from "../../../src/client/contract-json.js";

const flag = (name: string, type: FlagType, field: string): RequestFlag => ({
  name,
  type,
  field,
  about: "",
  group: "Flags:",
});

const FLAGS = [
  flag("top-k", COUNT, "sampling.top_k"),
  flag("seed", COUNT, "sampling.seed"),
  flag("stop", TEXTS, "stopping.stop_sequences"),
  flag("stop-token-id", COUNTS, "stopping.stop_token_ids"),
  flag("label", LABELS, "labels"),
  flag("request-id", text, "request_id"),
  flag("usage", YES, "output.usage"),
  flag("reasoning", YES_OR_NO, "reasoning.enabled"),
];

function read(...args: string[]): JsonObject {
  const command = new Command().exitOverride();
  addRequestFlags(command, FLAGS);
  command.parse(args, { from: "user" });
  return readRequestFlags(command, FLAGS);
}

describe("readRequestFlags", () => {
  it("gives a request with nothing but what was given", () => {
    assert.deepEqual(read(), {});
    assert.deepEqual(read("--usage"), { output: { usage: true } });
  });

  it("takes a no for what can be said both ways", () => {
    assert.deepEqual(read("--reasoning"), { reasoning: { enabled: true } });
    assert.deepEqual(read("--no-reasoning"), { reasoning: { enabled: false } });
  });

  it("puts each value at its field, those of one message side by side", () => {
    assert.deepEqual(read("--top-k", "0", "--seed", "7", "--request-id", "a"), {
      sampling: { top_k: 0, seed: 7 },
      request_id: "a",
    });
  });

  it("joins what may be repeated, and takes the last of what may not", () => {
    assert.deepEqual(read("--stop", "a,b", "--stop", "c", "--stop-token-id", "1,2", "--stop-token-id", "3"), {
      stopping: { stop_sequences: ["a,b", "c"], stop_token_ids: [1, 2, 3] },
    });
    assert.deepEqual(read("--label", "a=1", "--label", "b.c=2", "--label", "a=3"), { labels: { a: "3", "b.c": "2" } });
    assert.deepEqual(read("--seed", "1", "--seed", "2"), { sampling: { seed: 2 } });
  });

  it("names every wrong value at once, with what it must be", () => {
    assert.throws(
      () => read("--top-k", "many", "--label", "a", "--label", "b=1", "--seed", "-1"),
      (error: UsageError) => {
        assert.ok(error instanceof UsageError);
        assert.deepEqual(error.problems, [
          '--top-k: "many" must be a whole number from 0 to 4294967295',
          '--seed: "-1" must be a whole number from 0 to 4294967295',
          '--label: "a" must be a key and a value with = between them',
        ]);
        return true;
      },
    );
  });
});
