import assert from "node:assert/strict";
import { Ajv2020 } from "ajv/dist/2020.js";
import { addExactMultiples } from "../../support/exact-multiples.js";

describe("the judge of multiples", () => {
  const isValid = (value: unknown, multipleOf: number): boolean =>
    addExactMultiples(new Ajv2020()).validate({ multipleOf }, value);

  it("takes every decimal multiple, whatever the quotient of the doubles", () => {
    for (const [value, step] of [
      ...[[8.7, 0.01] as const, [4.35, 0.01] as const, [0.3, 0.1] as const, [1.1, 0.1] as const],
      ...[[0, 0.7] as const, [-6, 1.5] as const, [7e21, 7] as const, [3e-9, 1e-9] as const, [1e3, 0.5] as const],
    ]) {
      assert.ok(isValid(value, step), `${value} of ${step}`);
    }
    assert.ok(isValid("a text", 2));
  });

  it("refuses what is a multiple only when it is rounded", () => {
    for (const [value, step] of [
      ...[[8.7001, 0.01] as const, [0.30000000000000004, 0.1] as const, [10.0001, 5] as const],
      ...[[1, 3] as const, [-6.1, 1.5] as const, [1e-9, 2e-9] as const, [123456789.0001, 1] as const],
    ]) {
      assert.ok(!isValid(value, step), `${value} of ${step}`);
    }
  });
});
