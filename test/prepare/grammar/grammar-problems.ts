import assert from "node:assert/strict";
import { GrammarProblem } from "../../../src/prepare/grammar/rules/grammar-node.js";

/** Asserts that the action throws a GrammarProblem whose text matches. */
export function assertProblem(action: () => unknown, description: RegExp, subfield = ""): void {
  assert.throws(action, (error) => {
    assert.ok(error instanceof GrammarProblem, String(error));
    assert.match(error.message, description);
    assert.equal(error.subfield, subfield);
    return true;
  });
}
