import { getLlama, LlamaLogLevel, type Llama, type LlamaModel, type Token } from "node-llama-cpp";

/** The binding's own tokenizer, which the product's tables are checked against. */
export class LlamaVocabulary implements AsyncDisposable {
  readonly #llama: Llama;
  readonly #model: LlamaModel;

  private constructor(llama: Llama, model: LlamaModel) {
    this.#llama = llama;
    this.#model = model;
  }

  static async load(modelPath: string): Promise<LlamaVocabulary> {
    const llama = await getLlama({ gpu: false, build: "never", skipDownload: true, logLevel: LlamaLogLevel.error });
    return new LlamaVocabulary(llama, await llama.loadModel({ modelPath, vocabOnly: true }));
  }

  /** Control tokens in the text stay text. */
  tokenize(text: string): number[] {
    return this.#model.tokenize(text);
  }

  /** Empty for control tokens. */
  detokenize(tokenId: number): string {
    return this.#model.detokenize([tokenId as Token]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#model.dispose();
    await this.#llama.dispose();
  }
}
