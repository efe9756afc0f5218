import assert from "node:assert/strict";
import { InputRefusal } from "../../src/core/generation-error.js";

/** Asserts that the action throws an InputRefusal for this field whose text matches. */
export function assertRefuses(action: () => unknown, field: string, description: RegExp): void {
  assert.throws(action, (error) => {
    assert.ok(error instanceof InputRefusal);
    assert.equal(error.violation.field, field);
    assert.match(error.violation.description, description);
    return true;
  });
}
