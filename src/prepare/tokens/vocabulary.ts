import { getLlama, type Llama, LlamaLogLevel, type LlamaModel } from "node-llama-cpp";
import { type ControlToken, ControlTexts } from "./control-texts.js";
import { findSliceRule, type SliceRule } from "./slice-rule.js";

/** The type of control tokens in GGUF files. llama.cpp may treat such a token as another type. */
const CONTROL_TYPE = 3;

/** A model that is loaded without its weights, and so takes little memory. It lives on the prepare worker, and every call is synchronous. */
export class Vocabulary implements AsyncDisposable {
  readonly model: LlamaModel;
  readonly size: number;
  readonly controlTexts: ControlTexts;
  /** Whether `tokenize` turns the text of a control token into the token, so that such a text must be cut inside it. llama.cpp does so for gpt-oss. */
  readonly readsControlTexts: boolean;
  /** undefined means that texts must be tokenised as a whole. */
  readonly sliceRule: SliceRule | undefined;
  /** The most UTF-8 bytes of text that one token stands for. undefined means that the tokeniser may drop text. */
  readonly longestTokenBytes: number | undefined;
  /** The token that the model needs in front of every text, if any. */
  readonly beginning: number | undefined;
  readonly #llama: Llama;
  readonly #controls: ReadonlySet<number>;

  private constructor(llama: Llama, model: LlamaModel) {
    const { ggml } = model.fileInfo.metadata.tokenizer;
    const texts = ggml.tokens;
    const tokens = texts.map((text, id) => ({ id, text, attributes: model.getTokenAttributes(asToken(id)) }));
    const inText = tokens.filter(
      ({ id, attributes }) => attributes.userDefined && Number(ggml.token_type[id]) === CONTROL_TYPE,
    );
    const controls = [...tokens.filter(({ attributes }) => attributes.control || attributes.unknown), ...inText];
    const whole = tokens.filter(({ attributes }) => attributes.userDefined && !attributes.control);
    this.#llama = llama;
    this.model = model;
    this.size = texts.length;
    this.#controls = new Set([...tokens.filter(({ attributes }) => attributes.control), ...inText].map(({ id }) => id));
    this.readsControlTexts = inText.length > 0;
    this.controlTexts = new ControlTexts(controls.map(toControlToken));
    this.sliceRule = findSliceRule({
      tokenizerModel: ggml.model,
      preTokenizer: ggml.pre,
      tokenTexts: texts,
      wholeTexts: whole.map(({ text }) => text),
      wholeTextsStrip: whole.some(({ attributes }) => attributes.lstrip || attributes.rstrip),
      tokenize: (text) => model.tokenize(text),
    });
    this.longestTokenBytes = longestTokenBytes(ggml.model, tokens);
    this.beginning = model.tokens.shouldPrependBosToken ? (model.tokens.bos ?? undefined) : undefined;
  }

  /**
   * @param modelPath a GGUF file
   * @throws Error with llama.cpp's last messages when the file cannot be read as a model
   */
  static async load(modelPath: string): Promise<Vocabulary> {
    const lastErrors: string[] = [];
    const llama = await getLlama({
      gpu: false,
      build: "never",
      skipDownload: true,
      maxThreads: 1,
      logLevel: LlamaLogLevel.error,
      logger: (_level, message) => lastErrors.splice(0, lastErrors.length, ...lastErrors.slice(-2), message.trim()),
    });
    try {
      return new Vocabulary(llama, await llama.loadModel({ modelPath, vocabOnly: true }));
    } catch (error) {
      await llama.dispose();
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(lastErrors.length === 0 ? reason : `${reason} (${lastErrors.join("; ")})`, { cause: error });
    }
  }

  /** Tokenises plain text, including the texts of control tokens. With `readsControlTexts` the result may contain control tokens, which `isControl` finds. */
  tokenize(text: string): number[] {
    return this.model.tokenize(text);
  }

  /** The text of tokens. Control tokens have none, and incomplete code points become U+FFFD. Each id must be below `size`. */
  detokenize(tokenIds: readonly number[]): string {
    return this.model.detokenize(tokenIds.map(asToken));
  }

  isControl(tokenId: number): boolean {
    return this.#controls.has(tokenId);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.model.dispose();
    await this.#llama.dispose();
  }
}

interface VocabularyToken {
  readonly id: number;
  readonly text: string;
  readonly attributes: ReturnType<LlamaModel["getTokenAttributes"]>;
}

type Token = Parameters<LlamaModel["getTokenAttributes"]>[0];

/** Adds the brand of the binding's token ids. */
function asToken(id: number): Token {
  return id as Token;
}

function toControlToken({ id, text, attributes }: VocabularyToken): ControlToken {
  return { id, text, stripsBefore: attributes.lstrip, stripsAfter: attributes.rstrip };
}

function longestTokenBytes(tokenizerModel: string, tokens: readonly VocabularyToken[]): number | undefined {
  if (tokenizerModel !== "gpt2" && tokenizerModel !== "llama") return undefined;
  let longest = 1;
  for (const { text, attributes } of tokens) {
    // Byte-level BPE writes each byte of a normal token as one character.
    const bytes = tokenizerModel === "gpt2" && attributes.normal ? text.length : Buffer.byteLength(text);
    longest = Math.max(longest, bytes);
  }
  return longest;
}
