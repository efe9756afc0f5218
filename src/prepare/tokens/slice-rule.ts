/** The positions at which a text can be cut so that its slices have the same tokens as the whole. */
export interface SliceRule {
  /** Matches the empty text at each safe position. Its flags are `g` and `u`. */
  readonly boundary: RegExp;
  /** The number of tokens that the vocabulary puts in front of every text. Each slice but the first drops them. */
  readonly addedTokens: number;
}

/** A slice takes about 10 ms to tokenise. A small request waits that long for a big one, and a cancel for its effect. */
export const SLICE_CHARS = 8_192;

/** Pre-tokenisers of byte-level BPE whose words never continue over a single space. A word contains it, if at all, as its first character. */
const SPACE_BOUND_PRE_TOKENIZERS = new Set([
  "bailingmoe",
  "bailingmoe2",
  "bloom",
  "chatglm-bpe",
  "codeshell",
  "command-r",
  "dbrx",
  "deepseek-coder",
  "deepseek-llm",
  "deepseek-r1-qwen",
  "deepseek-v3",
  "exaone",
  "exaone4",
  "falcon",
  "falcon3",
  "glm4",
  "gpt-2",
  "gpt-4o",
  "grok-2",
  "hunyuan",
  "hunyuan-dense",
  "kormo",
  "lfm2",
  "llada-moe",
  "llama-bpe",
  "llama-v3",
  "llama3",
  "llama4",
  "megrez",
  "minicpm5",
  "minimax-m2",
  "mpt",
  "olmo",
  "phi-2",
  "pixtral",
  "qwen2",
  "qwen35",
  "refact",
  "seed-coder",
  "smaug-bpe",
  "smollm",
  "solar-open",
  "stablelm2",
  "starcoder",
  "tekken",
  "trillion",
]);

/**
 * The position before a single space between two characters that are neither white space nor unassigned and, in scripts without spaces, before a comma
 * or a full stop. The character sets are narrower than necessary, so that the Unicode tables of Node and of llama.cpp agree on them.
 */
const WORD_BOUNDARY =
  /(?<=[\p{L}\p{N}\p{P}])(?= [\p{L}\p{N}\p{P}])|(?<=[\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fa5\uac00-\ud7a3])(?=[、。，！？])/gu;

const LINE_BOUNDARY = /(?=\n)/gu;

/** The facts about a vocabulary that decide its slice rule. */
export interface SliceFacts {
  /** The value of `tokenizer.ggml.model` in the file. */
  readonly tokenizerModel: string | undefined;
  /** The value of `tokenizer.ggml.pre` in the file. */
  readonly preTokenizer: string | undefined;
  /** The text of every token as the file spells it. */
  readonly tokenTexts: readonly string[];
  /** The texts that llama.cpp finds in plain text before it tokenises the rest. */
  readonly wholeTexts: readonly string[];
  /** Whether any of them swallows the white space around it. */
  readonly wholeTextsStrip: boolean;
  tokenize(text: string): readonly number[];
}

/** The rule that is proven safe for a vocabulary. undefined means that its texts must be tokenised as a whole. */
export function findSliceRule(facts: SliceFacts): SliceRule | undefined {
  const { tokenizerModel, preTokenizer, tokenTexts } = facts;
  if (facts.wholeTextsStrip) return undefined;
  if (tokenizerModel === "gpt2" && preTokenizer !== undefined && SPACE_BOUND_PRE_TOKENIZERS.has(preTokenizer)) {
    // A cut could go through a whole text that has a character before a space or before a full-width stop.
    if (facts.wholeTexts.some((text) => /.[ 、。，！？]/u.test(text.trimStart()))) return undefined;
    return { boundary: WORD_BOUNDARY, addedTokens: 0 };
  }
  if (tokenizerModel === "llama") {
    // Such a vocabulary merges neighbours only into its own tokens. If no token reaches over a line's end, no merge does.
    if (tokenTexts.some((text) => text.includes("\n") && text !== "\n")) return undefined;
    const one = facts.tokenize("\n").length;
    const two = facts.tokenize("\n\n").length;
    return two === one + 1 ? { boundary: LINE_BOUNDARY, addedTokens: one - 1 } : undefined;
  }
  return undefined;
}

/** The end of the slice that begins at `start`: the first safe position after `sliceChars`, or the end of the text. */
export function sliceEnd(
  text: string,
  start: number,
  cut: { rule: SliceRule | undefined; sliceChars: number },
): number {
  const earliest = start + cut.sliceChars;
  if (cut.rule === undefined || earliest >= text.length) return text.length;
  const { boundary } = cut.rule;
  boundary.lastIndex = earliest;
  return boundary.exec(text)?.index ?? text.length;
}
