/** The encoding of token texts in a vocabulary: GPT-2's printable stand-in for each byte, or SentencePiece's "▁" for a space. */
export type TextEncoding = "byte_level" | "sentence_piece";

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
