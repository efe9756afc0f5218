import type { FieldViolation } from "./field-violation.js";

/** The caller's input is at fault: thrown in the prepare worker, answered as `refused`. */
export class InputRefusal extends Error {
  readonly violation: FieldViolation;

  constructor(field: string, description: string) {
    super(`${field}: ${description}`);
    this.name = "InputRefusal";
    this.violation = { field, description };
  }
}
