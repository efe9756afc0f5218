import { LlamaVocabularyType, type LlamaModel, type Token } from "node-llama-cpp";
import { TokenBytes, type TextEncoding, type TokenKind } from "./token-bytes.js";

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

function encodingOf(type: LlamaVocabularyType, tokens: readonly string[]): TextEncoding | undefined {
  switch (type) {
    case LlamaVocabularyType.bpe:
      // Some BPE vocabularies write spaces as SentencePiece does. Byte-level ones have no such character.
      return tokens.some((token) => token.startsWith(SPACE_MARK)) ? "sentence_piece" : "byte_level";
    case LlamaVocabularyType.spm:
    case LlamaVocabularyType.wpm:
    case LlamaVocabularyType.ugm:
      return "sentence_piece";
    case LlamaVocabularyType.none:
    case LlamaVocabularyType.rwkv:
    case LlamaVocabularyType.plamo2:
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
