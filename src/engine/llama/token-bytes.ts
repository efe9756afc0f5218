import type { LlamaModel, LlamaVocabularyType, Token } from "node-llama-cpp";

/** The encoding of token texts in a vocabulary: GPT-2's printable stand-in for each byte, or SentencePiece's "▁" for a space. */
type TextEncoding = "byte_level" | "sentence_piece";

/** none: control tokens and the like, without text. verbatim: the text as it stands. byte: one byte, written as `<0x0A>`. */
export type TokenKind = "none" | "normal" | "verbatim" | "byte";

export interface TokenTexts {
  readonly encoding: TextEncoding;
  /** The encoded texts, by token id. */
  readonly tokens: readonly string[];
  kindOf(tokenId: number): TokenKind;
}

const encoder = new TextEncoder();
const SPACE_MARK = "\u2581";

/** Gives the bytes of a loaded model's tokens, by the kind of its vocabulary. If the encoding of its texts isn't known, each token is detokenized alone. */
export function tokenBytesOf(model: LlamaModel): (tokenId: number) => Uint8Array {
  const tokens = model.fileInfo.metadata.tokenizer.ggml.tokens;
  const encoding = encodingOf(model.vocabularyType, tokens);
  if (encoding === undefined) return (tokenId) => Buffer.from(model.detokenize([tokenId as Token]));
  const bytes = new TokenBytes({ encoding, tokens, kindOf: (tokenId) => kindOf(model, tokenId) });
  return (tokenId) => bytes.of(tokenId);
}

/** Gives the texts of control tokens, and nothing for all others. */
export function controlBytesOf(model: LlamaModel): (tokenId: number) => Uint8Array {
  const tokens = model.fileInfo.metadata.tokenizer.ggml.tokens;
  const texts = new Map<number, Uint8Array>();
  for (const [tokenId, token] of tokens.entries()) {
    if (model.getTokenAttributes(tokenId as Token).control) texts.set(tokenId, Buffer.from(token));
  }
  const none = new Uint8Array();
  return (tokenId) => texts.get(tokenId) ?? none;
}

/** @param type a value of the binding's enum. The enum itself would load the binding wherever this file is imported. */
function encodingOf(type: `${LlamaVocabularyType}`, tokens: readonly string[]): TextEncoding | undefined {
  switch (type) {
    case "bpe":
      // Some BPE vocabularies write spaces as SentencePiece does. Byte-level ones have no such character.
      return tokens.some((token) => token.startsWith(SPACE_MARK)) ? "sentence_piece" : "byte_level";
    case "spm":
    case "wpm":
    case "ugm":
      return "sentence_piece";
    case "none":
    case "rwkv":
    case "plamo2":
      return undefined;
  }
}

/** Tells a token's kind by llama.cpp's own attributes, which correct some files: a token that ends a turn is a control token whatever the file says. */
function kindOf(model: LlamaModel, tokenId: number): TokenKind {
  const attributes = model.getTokenAttributes(tokenId as Token);
  if (attributes.control || attributes.unknown) return "none";
  if (attributes.userDefined) return "verbatim";
  if (attributes.byte) return "byte";
  return attributes.normal ? "normal" : "none";
}

/**
 * The exact bytes of every token, which text functions can't give since a token may be part of a code point. They are kept in one block, as a
 * vocabulary may have a quarter of a million tokens.
 */
export class TokenBytes {
  readonly #bytes: Uint8Array;
  readonly #ends: Uint32Array;

  constructor(texts: TokenTexts) {
    const each = texts.tokens.map((token, tokenId) => bytesOf(token, texts.kindOf(tokenId), texts.encoding));
    this.#bytes = Buffer.concat(each);
    let end = 0;
    this.#ends = Uint32Array.from(each, (bytes) => (end += bytes.length));
  }

  /** Empty for control tokens and ids beyond the vocabulary. */
  of(tokenId: number): Uint8Array {
    const start = tokenId === 0 ? 0 : (this.#ends[tokenId - 1] ?? 0);
    return this.#bytes.subarray(start, this.#ends[tokenId] ?? start);
  }
}

function bytesOf(token: string, kind: TokenKind, encoding: TextEncoding): Uint8Array {
  switch (kind) {
    case "none":
      return new Uint8Array();
    case "verbatim":
      return encoder.encode(token);
    case "byte":
      return Uint8Array.of(Number.parseInt(token.slice(3, 5), 16));
    case "normal":
      return encoding === "byte_level" ? byteLevelBytes(token) : encoder.encode(token.replaceAll(SPACE_MARK, " "));
  }
}

/** Decodes stand-ins; any other character stands for itself. */
function byteLevelBytes(token: string): Uint8Array {
  const bytes: number[] = [];
  for (const char of token) {
    const byte = BYTE_OF_STAND_IN.get(char);
    if (byte === undefined) bytes.push(...encoder.encode(char));
    else bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}

/** GPT-2's table: printable Latin-1 stands for itself, each other byte for the next free code point from U+0100. */
const BYTE_OF_STAND_IN: ReadonlyMap<string, number> = new Map(
  (function* (): Generator<[string, number]> {
    let next = 0x100;
    for (let byte = 0; byte < 256; byte++) {
      const printable = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
      yield [String.fromCodePoint(printable ? byte : next++), byte];
    }
  })(),
);
