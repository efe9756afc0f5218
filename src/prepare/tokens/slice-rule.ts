/** Where a text may be cut so that its parts have the same tokens as the whole. */
export interface SliceRule {
  /** Matches with no width at each safe place. Flags `g` and `u`. */
  readonly boundary: RegExp;
  /** Tokens that the vocabulary puts in front of every text, to be taken away from each part but the first. */
  readonly addedTokens: number;
}

/** About 10 ms of tokenising: what a small request may have to wait for a big one, and a cancel for its effect. */
export const SLICE_CHARS = 8_192;

/** Pre-tokenisers of byte-level BPE whose words never go on over a single space: each takes it, if at all, as the first character of a word. */
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
 * Before a single space between two characters that are certainly neither white space nor unassigned; and, for scripts that write no spaces,
 * before their comma and stop. The characters are narrower than they need be, so that Node's Unicode tables and llama.cpp's agree on them.
 */
const WORD_BOUNDARY =
  /(?<=[\p{L}\p{N}\p{P}])(?= [\p{L}\p{N}\p{P}])|(?<=[\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fa5\uac00-\ud7a3])(?=[、。，！？])/gu;

const LINE_BOUNDARY = /(?=\n)/gu;

/** What a rule is chosen by. */
export interface SliceFacts {
  /** `tokenizer.ggml.model` and `tokenizer.ggml.pre` of the file. */
  readonly tokenizerModel: string | undefined;
  readonly preTokenizer: string | undefined;
  /** Every token's text, as the file spells it. */
  readonly tokenTexts: readonly string[];
  /** Texts that llama.cpp looks for in plain text before anything else. */
  readonly wholeTexts: readonly string[];
  /** Some of them take white space around them along. */
  readonly wholeTextsStrip: boolean;
  tokenize(text: string): readonly number[];
}

/** The rule that is proven safe for a vocabulary, or undefined: its texts must be tokenised in one go. */
export function findSliceRule(facts: SliceFacts): SliceRule | undefined {
  const { tokenizerModel, preTokenizer, tokenTexts } = facts;
  if (facts.wholeTextsStrip) return undefined;
  if (tokenizerModel === "gpt2" && preTokenizer !== undefined && SPACE_BOUND_PRE_TOKENIZERS.has(preTokenizer)) {
    // A whole text that a cut could go through: one with a character before a space or before a full-width stop.
    if (facts.wholeTexts.some((text) => /.[ 、。，！？]/u.test(text.trimStart()))) return undefined;
    return { boundary: WORD_BOUNDARY, addedTokens: 0 };
  }
  if (tokenizerModel === "llama") {
    // Such a vocabulary joins neighbours only to what it holds: where no token reaches over a line's end, nothing is joined over it.
    if (tokenTexts.some((text) => text.includes("\n") && text !== "\n")) return undefined;
    const one = facts.tokenize("\n").length;
    const two = facts.tokenize("\n\n").length;
    return two === one + 1 ? { boundary: LINE_BOUNDARY, addedTokens: one - 1 } : undefined;
  }
  return undefined;
}

/** Where the slice that begins at `start` ends: at the first safe place after `sliceChars`, or at the end of the text. */
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
