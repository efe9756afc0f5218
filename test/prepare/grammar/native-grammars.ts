import { getLlama, type Llama, LlamaGrammar, LlamaLogLevel } from "node-llama-cpp";

/** Parses grammars with llama.cpp, without a model. */
export class NativeGrammars implements AsyncDisposable {
  readonly #llama: Llama;

  private constructor(llama: Llama) {
    this.#llama = llama;
  }

  static async load(): Promise<NativeGrammars> {
    return new NativeGrammars(
      await getLlama({
        gpu: false,
        build: "never",
        skipDownload: true,
        maxThreads: 1,
        logLevel: LlamaLogLevel.disabled,
      }),
    );
  }

  /** @throws Error when llama.cpp cannot compile it */
  compile(gbnf: string): NativeGrammar {
    // The constructor does what createGrammar does, and need not be awaited.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    return new NativeGrammar(new LlamaGrammar(this.#llama, { grammar: gbnf }));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#llama.dispose();
  }
}

export class NativeGrammar {
  readonly #grammar: LlamaGrammar;

  constructor(grammar: LlamaGrammar) {
    this.#grammar = grammar;
  }

  /** Whether the text is a complete output of the grammar. */
  allows(text: string): boolean {
    return (this.#grammar as unknown as { _testText(text: string): boolean })._testText(text);
  }
}
