import { createHash } from "node:crypto";
import { LlamaGrammar, LlamaGrammarEvaluationState, type LlamaModel } from "node-llama-cpp";
import type { CompiledGrammar } from "./finish-grammar.js";
import { GrammarProblem } from "./rules/grammar-node.js";

/** Compiles GBNF natively. Throws GrammarProblem when llama.cpp rejects it. */
export type CompileGbnf = (gbnf: string) => void;

export interface CompiledGrammarsBounds {
  readonly entries: number;
  /** UTF-8 bytes of all kept grammars and problems together. */
  readonly bytes: number;
}

const DEFAULT_COMPILED_GRAMMARS_BOUNDS: CompiledGrammarsBounds = Object.freeze({
  entries: 1_024,
  bytes: 16 * 1024 * 1024,
});

type Compilation = { readonly grammar: CompiledGrammar } | { readonly problem: string; readonly subfield: string };

interface CachedCompilation {
  readonly compilation: Compilation;
  readonly bytes: number;
}

/** The bytes of a key, which is a hash, and of the objects around the text. */
const ENTRY_OVERHEAD_BYTES = 256;

/** The grammars that are known to one tenant. */
export interface KnownGrammars {
  /**
   * The grammar for a request. A new request is compiled to GBNF by `compileRequest` and then natively. It yields between slices of work.
   * @param request a text of everything that the grammar depends on
   * @throws GrammarProblem, again for a request that failed before
   */
  get(
    request: string,
    compileRequest: () => Generator<undefined, CompiledGrammar>,
  ): Generator<undefined, CompiledGrammar>;
}

/**
 * A cache of grammars and of problems by tenant and request: a tenant's first request is compiled although another tenant sent the same, so that its time
 * tells nothing of that. The least recently used entries are evicted first. It lives on the prepare worker.
 */
export class CompiledGrammars {
  readonly #compile: CompileGbnf;
  readonly #bounds: CompiledGrammarsBounds;
  readonly #entries = new Map<string, CachedCompilation>();
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

  of(tenant: string): KnownGrammars {
    return { get: (request, compileRequest) => this.#get(keyOf(tenant, request), compileRequest) };
  }

  *#get(
    key: string,
    compileRequest: () => Generator<undefined, CompiledGrammar>,
  ): Generator<undefined, CompiledGrammar> {
    const known = this.#entries.get(key);
    if (known !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, known);
      return toGrammar(known.compilation);
    }
    const compilation = yield* this.#run(compileRequest());
    this.#keep(key, compilation);
    return toGrammar(compilation);
  }

  *#run(compileRequest: Generator<undefined, CompiledGrammar>): Generator<undefined, Compilation> {
    try {
      const grammar = yield* compileRequest;
      yield;
      this.#compile(grammar.gbnf);
      return { grammar };
    } catch (error) {
      if (error instanceof GrammarProblem) return { problem: error.message, subfield: error.subfield };
      throw error;
    }
  }

  #keep(key: string, compilation: Compilation): void {
    const texts =
      "grammar" in compilation
        ? [compilation.grammar.gbnf, JSON.stringify(compilation.grammar.notHeld)]
        : [compilation.problem];
    const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), ENTRY_OVERHEAD_BYTES);
    if (bytes > this.#bounds.bytes) return;
    // Two jobs may compile the same request at the same time.
    this.#bytes -= this.#entries.get(key)?.bytes ?? 0;
    this.#entries.set(key, { compilation, bytes });
    this.#bytes += bytes;
    for (const [oldest, entry] of this.#entries) {
      if (this.#entries.size <= this.#bounds.entries && this.#bytes <= this.#bounds.bytes) break;
      this.#entries.delete(oldest);
      this.#bytes -= entry.bytes;
    }
  }
}

/** Hashes the two texts apart: a request is JSON, which holds no NUL, so that no other pair has the same bytes. */
function keyOf(tenant: string, request: string): string {
  return createHash("sha256").update(tenant).update("\0").update(request).digest("base64");
}

function toGrammar(compilation: Compilation): CompiledGrammar {
  if ("problem" in compilation) throw new GrammarProblem(compilation.problem, compilation.subfield);
  return compilation.grammar;
}

/**
 * Creates a compiler that compiles a grammar as the engine will, with the model's vocabulary. It takes up to some ten milliseconds for a grammar that
 * passed `checkGrammar`, and no other grammar may get here, since llama.cpp's parser does not survive everything.
 */
export function createNativeCompiler(model: LlamaModel): CompileGbnf {
  return (gbnf) => {
    try {
      // Llama.createGrammar does the same, but returns a promise.
      // eslint-disable-next-line @typescript-eslint/no-deprecated
      const grammar = new LlamaGrammar(model.llama, { grammar: gbnf });
      new LlamaGrammarEvaluationState({ model, grammar });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new GrammarProblem(`is rejected by llama.cpp: ${reason}`);
    }
  };
}
