import type { FieldViolation } from "../../core/field-violation.js";
import { GenerationError } from "../../core/generation-error.js";

/** A hostile message of 4 MiB can be wrong two million times. */
const MAX_COLLECTED = 1_000;

/** Collects what is wrong with a request, so that its caller hears of everything at once. */
export class Violations {
  readonly #list: FieldViolation[];

  /** @param found what the decoding of the request found already */
  constructor(found: readonly FieldViolation[] = []) {
    this.#list = [...found];
  }

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

  /** @throws GenerationError INVALID_REQUEST naming every field */
  throwIfAny(): void {
    const [first, ...others] = this.#list;
    if (first === undefined) return;
    const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
    throw new GenerationError("INVALID_REQUEST", `${first.field} ${first.description}${more}`, {
      violations: this.#list,
    });
  }
}
