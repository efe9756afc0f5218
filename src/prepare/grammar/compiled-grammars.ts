import { createHash } from "node:crypto";
import type { OutputGrammar } from "../../core/constraint.js";
import { GrammarProblem } from "./grammar-problem.js";

/** Compiles GBNF natively, once; throws where llama.cpp can't. */
export type CompileGbnf = (gbnf: string) => void;

export interface CompiledGrammarsBounds {
  readonly entries: number;
  /** Of what is asked for and of what it became. */
  readonly bytes: number;
}

const DEFAULT_COMPILED_GRAMMARS_BOUNDS: CompiledGrammarsBounds = Object.freeze({
  entries: 1_024,
  bytes: 16 * 1024 * 1024,
});

type Outcome = { readonly grammar: OutputGrammar } | { readonly problem: string; readonly subfield: string };

interface Entry {
  readonly outcome: Outcome;
  readonly bytes: number;
}

/** Keys are hashes; a number and some object's overhead. */
const ENTRY_BYTES = 256;

/** Grammars by what was asked for, each compiled once, and what was refused as well. The least recently used go first. On the prepare worker. */
export class CompiledGrammars {
  readonly #compile: CompileGbnf;
  readonly #bounds: CompiledGrammarsBounds;
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  constructor(compile: CompileGbnf, bounds: CompiledGrammarsBounds = DEFAULT_COMPILED_GRAMMARS_BOUNDS) {
    this.#compile = compile;
    this.#bounds = bounds;
  }

  get entries(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * The grammar of what is asked for, made and compiled where it is not known yet.
   * @param asked all that the grammar depends on
   * @throws GrammarProblem, also again for what was refused before
   */
  get(asked: string, make: () => OutputGrammar): OutputGrammar {
    const key = createHash("sha256").update(asked).digest("base64");
    const known = this.#entries.get(key);
    if (known !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, known);
      return toGrammar(known.outcome);
    }
    const outcome = this.#makeOutcome(make);
    this.#keep(key, outcome);
    return toGrammar(outcome);
  }

  #makeOutcome(make: () => OutputGrammar): Outcome {
    try {
      const grammar = make();
      this.#compile(grammar.gbnf);
      return { grammar };
    } catch (error) {
      if (error instanceof GrammarProblem) return { problem: error.message, subfield: error.subfield };
      throw error;
    }
  }

  #keep(key: string, outcome: Outcome): void {
    const bytes = ENTRY_BYTES + Buffer.byteLength("grammar" in outcome ? outcome.grammar.gbnf : outcome.problem);
    if (bytes > this.#bounds.bytes) return;
    this.#entries.set(key, { outcome, bytes });
    this.#bytes += bytes;
    for (const [oldest, entry] of this.#entries) {
      if (this.#entries.size <= this.#bounds.entries && this.#bytes <= this.#bounds.bytes) break;
      this.#entries.delete(oldest);
      this.#bytes -= entry.bytes;
    }
  }
}

function toGrammar(outcome: Outcome): OutputGrammar {
  if ("problem" in outcome) throw new GrammarProblem(outcome.problem, outcome.subfield);
  return outcome.grammar;
}
