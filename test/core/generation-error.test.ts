import assert from "node:assert/strict";
import { ERROR_CODES, GenerationError } from "../../src/core/generation-error.js";

const FAULTS = ["INTERNAL", "ENGINE_FAULT"];

describe("GenerationError", () => {
  it("takes the frames of a stack for faults alone, and leaves those of other errors be", () => {
    for (const code of ERROR_CODES) {
      const hasFrames = /\n +at .*generation-error/.test(new GenerationError(code, "a text").stack ?? "");
      assert.equal(hasFrames, FAULTS.includes(code), code);
      assert.match(new Error("next").stack ?? "", /\n +at .*generation-error/);
    }
  });

  it("keeps the stack of what it was made from, whatever its code", () => {
    const cause = new TypeError("odd");
    assert.equal(GenerationError.from(cause).cause, cause);
    const { cause: kept } = new GenerationError("STORE_UNAVAILABLE", "a text", { cause });
    assert.match((kept as Error).stack ?? "", /^TypeError: odd\n +at .*generation-error/);
  });
});
