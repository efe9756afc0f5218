import { type FieldViolation, GenerationError } from "./generation-error.js";

/** The most violations that are collected, since a hostile message of 4 MiB can have two million. */
const MAX_COLLECTED = 1_000;
/** The most JSON values in all texts of one request together. The tools and calls of a long conversation have a tenth of this. */
export const MAX_JSON_VALUES = 65_536;

/** Collects the violations of one request, so that its caller gets all of them at once, and counts the JSON values that were parsed. */
export class Violations {
  readonly #list: FieldViolation[] = [];
  #jsonValues = 0;

  get list(): readonly FieldViolation[] {
    return this.#list;
  }

  /** Whether no more violations are kept, so that the check can stop. */
  get full(): boolean {
    return this.#list.length >= MAX_COLLECTED;
  }

  /** @param description names the value, if it is short, and the bound */
  add(field: string, description: string): void {
    if (!this.full) this.#list.push({ field, description });
  }

  /** Counts more values. Returns false if the request now has more than MAX_JSON_VALUES. */
  countJsonValues(values: number): boolean {
    this.#jsonValues += values;
    return this.#jsonValues <= MAX_JSON_VALUES;
  }

  /** @throws GenerationError INVALID_REQUEST that names every field */
  throwIfAny(): void {
    if (this.#list.length > 0) throw invalidRequest(this.#list);
  }
}

/** The error of a request with these violations, at least one. */
export function invalidRequest(violations: readonly FieldViolation[]): GenerationError {
  const [first, ...others] = violations;
  const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
  return new GenerationError("INVALID_REQUEST", `${first?.field ?? ""} ${first?.description ?? ""}${more}`, {
    violations,
  });
}

/** An invalid input of the caller. The prepare worker throws it and answers with `refused`. */
export class InputRefusal extends Error {
  readonly violation: FieldViolation;

  constructor(field: string, description: string) {
    super(`${field}: ${description}`);
    this.name = "InputRefusal";
    this.violation = { field, description };
  }
}
