import { type FieldViolation, GenerationError } from "./generation-error.js";

/** A hostile message of 4 MiB can be wrong two million times. */
const MAX_COLLECTED = 1_000;
/** JSON values in all texts of one request together. Tools and calls of a long conversation have a tenth of it. */
export const MAX_JSON_VALUES = 65_536;

/** Collects what is wrong with one request, so that its caller hears of everything at once, and counts what its reading costs. */
export class Violations {
  readonly #list: FieldViolation[] = [];
  #jsonValues = 0;

  get list(): readonly FieldViolation[] {
    return this.#list;
  }

  /** True: no more are kept, and there is no sense in looking for more. */
  get full(): boolean {
    return this.#list.length >= MAX_COLLECTED;
  }

  /** @param description the value met, where it is short, and the bound */
  add(field: string, description: string): void {
    if (!this.full) this.#list.push({ field, description });
  }

  /** False: with these values the request has more than MAX_JSON_VALUES. */
  countJsonValues(values: number): boolean {
    this.#jsonValues += values;
    return this.#jsonValues <= MAX_JSON_VALUES;
  }

  /** @throws GenerationError INVALID_REQUEST naming every field */
  throwIfAny(): void {
    if (this.#list.length > 0) throw invalidRequest(this.#list);
  }
}

/** The refusal of a request with these violations, of which there is at least one. */
export function invalidRequest(violations: readonly FieldViolation[]): GenerationError {
  const [first, ...others] = violations;
  const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
  return new GenerationError("INVALID_REQUEST", `${first?.field ?? ""} ${first?.description ?? ""}${more}`, {
    violations,
  });
}

/** The caller's input is at fault: thrown in the prepare worker, answered as `refused`. */
export class InputRefusal extends Error {
  readonly violation: FieldViolation;

  constructor(field: string, description: string) {
    super(`${field}: ${description}`);
    this.name = "InputRefusal";
    this.violation = { field, description };
  }
}
