import type { UnheldKeyword } from "../../../core/output-format.js";
import { GrammarProblem } from "../rules/grammar-node.js";

/**
 * The keywords that a schema is refused for. `strict` refuses every keyword that the grammar does not hold. `restrictions` refuses those that restrict
 * values, and lists annotations that may have been meant to. `lenient` lists them all and refuses only what is no schema.
 */
export type Strictness = "strict" | "restrictions" | "lenient";

/** A keyword that the grammar does not hold, without the field of its schema. */
export type UnheldPart = Omit<UnheldKeyword, "field">;

/** The most keywords that an error names. */
const MAX_NAMED = 12;
/** The most keywords that are listed. */
const MAX_LISTED = 64;

/** Collects the keywords of one schema that the grammar does not hold, each once, so that one error names them all. */
export class UnheldKeywords {
  readonly #strictness: Strictness;
  readonly #refused = new Map<string, string>();
  readonly #listed = new Map<string, string>();

  constructor(strictness: Strictness) {
    this.#strictness = strictness;
  }

  /** Notes a keyword that JSON Schema regards as an annotation, although its author may have meant a restriction. */
  noteAnnotation(pointer: string, description: string): void {
    const notes = this.#strictness === "strict" ? this.#refused : this.#listed;
    if (!notes.has(pointer)) notes.set(pointer, description);
  }

  /** Notes a keyword, or a whole schema, that restricts values and that the grammar cannot hold. */
  noteRestriction(pointer: string, description: string): void {
    const notes = this.#strictness === "lenient" ? this.#listed : this.#refused;
    if (!notes.has(pointer)) notes.set(pointer, description);
  }

  /**
   * The keywords that are not held.
   * @throws GrammarProblem when one of them is refused
   */
  finish(): readonly UnheldPart[] {
    if (this.#refused.size > 0) throw new GrammarProblem(this.#describeRefused());
    const parts = [...this.#listed].map(([pointer, description]) => ({ pointer, description }));
    if (parts.length <= MAX_LISTED) return parts;
    const more = parts.length - MAX_LISTED;
    return [...parts.slice(0, MAX_LISTED), { pointer: "", description: `${more} more keywords are not held` }];
  }

  #describeRefused(): string {
    const named = [...this.#refused]
      .slice(0, MAX_NAMED)
      .map(([pointer, text]) => `at ${pointer || "its root"}: ${text}`);
    const more = this.#refused.size - named.length;
    return named.join("; ") + (more > 0 ? `; and ${more} more` : "");
  }
}
