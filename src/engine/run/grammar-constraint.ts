import type { OutputGrammar } from "../../core/output-format.js";
import { type Engine, EngineFault, type GrammarState, type SampledToken } from "../engine.js";

const BLANKS: ReadonlySet<number> = new Set(Buffer.from(" \t\n\r"));

/** The phase of an output with its grammar. none lasts for ever; awaited is followed by begun. */
type GrammarPhase = "none" | "awaited" | "begun";

/** Constrains one run's answer by its grammar, from the answer's first token on, and sees when the answer is complete. */
export class GrammarConstraint {
  readonly #grammar: OutputGrammar | undefined;
  #phase: GrammarPhase;
  #state: GrammarState | undefined;
  /** Whether the answer could end here. */
  #mayEnd = false;

  /** @param isAwaited whether reasoning comes before the answer */
  constructor(grammar: OutputGrammar | undefined, isAwaited: boolean) {
    this.#grammar = grammar;
    this.#phase = grammar === undefined ? "none" : isAwaited ? "awaited" : "begun";
  }

  /** The grammar that constrains the next token. */
  get state(): GrammarState | undefined {
    return this.#phase === "begun" ? this.#state : undefined;
  }

  get isAwaited(): boolean {
    return this.#phase === "awaited";
  }

  get hasBegun(): boolean {
    return this.#phase === "begun";
  }

  /** Whether nothing can follow. */
  get isComplete(): boolean {
    return this.#mayEnd && this.#grammar?.prefixFree === true;
  }

  /** Compiles the grammar for a tenant, before the first token. @returns the reason if it fails */
  compile(engine: Engine, tenant: string): string | undefined {
    try {
      this.#state = this.#grammar && engine.beginGrammar(this.#grammar.gbnf, { tenant });
      return undefined;
    } catch (error) {
      if (error instanceof EngineFault) return error.message;
      throw error;
    }
  }

  /** Begins the answer. @returns whether it was awaited */
  begin(): boolean {
    if (this.#phase !== "awaited") return false;
    this.#phase = "begun";
    return true;
  }

  /** Whether the token is nothing but blanks after the answer's end. */
  endsBefore({ mayEnd }: SampledToken, bytes: Uint8Array): boolean {
    if (!this.#mayEnd || mayEnd !== true || this.#grammar?.prefixFree !== false) return false;
    return bytes.length > 0 && bytes.every((byte) => BLANKS.has(byte));
  }

  push({ mayEnd }: SampledToken): void {
    this.#mayEnd = mayEnd === true;
  }
}
