import type { Fragment } from "./control-texts.js";
import { SLICE_CHARS, sliceEnd } from "./slice-rule.js";
import type { Vocabulary } from "./vocabulary.js";

/** What tokenising came to. */
export type Tokenised =
  | { readonly type: "tokens"; readonly tokens: Uint32Array }
  /** At least so many tokens, which is past the bound; where not exact, the rest of the text was not looked at. */
  | { readonly type: "too_long"; readonly inputTokens: number; readonly exact: boolean }
  /** The text is such that it must not be tokenised; `problem` follows the name of its field. */
  | { readonly type: "refused"; readonly problem: string };

/** What of a vocabulary is needed here. */
export type Tokenizer = Pick<Vocabulary, "tokenize" | "isControl" | "sliceRule">;

export interface TokenizeOptions {
  /** More is `too_long`. */
  readonly maxTokens: number;
  /** Plain text is tokenised in slices of about so many characters. Default 8,192. */
  readonly sliceChars?: number;
}

/** How many tokens are made before other jobs get their turn. */
const TURN_TOKENS = 2_048;

/**
 * Longest text that is tokenised in one go though the vocabulary has a rule for cutting: white space or one word without end. A third of a second
 * on two cores, in which no other input is prepared; 4 MiB of it took five seconds.
 */
const MAX_STRETCH_CHARS = 262_144;

/**
 * The tokens of fragments in order; the model's beginning token is not added. Yields between slices of work. The tokens are the same whatever
 * the slice length.
 */
export function* tokenizeFragments(
  tokenizer: Tokenizer,
  fragments: readonly Fragment[],
  options: TokenizeOptions,
): Generator<undefined, Tokenised> {
  const parts: (readonly number[])[] = [];
  let count = 0;
  let turnTokens = 0;
  for (const part of tokenizeParts(tokenizer, fragments, options.sliceChars ?? SLICE_CHARS)) {
    if (typeof part === "string") return { type: "refused", problem: part };
    parts.push(part);
    // Said only when more came after the bound was passed: an end that is near is worth an exact count.
    if (count > options.maxTokens) return { type: "too_long", inputTokens: count + part.length, exact: false };
    count += part.length;
    turnTokens += part.length;
    if (turnTokens >= TURN_TOKENS) {
      turnTokens = 0;
      yield;
    }
  }
  if (count > options.maxTokens) return { type: "too_long", inputTokens: count, exact: true };
  return { type: "tokens", tokens: concatenate(parts, count) };
}

/** The tokens slice by slice; a text instead of an array is what is wrong with the fragment. */
function* tokenizeParts(
  tokenizer: Tokenizer,
  fragments: readonly Fragment[],
  sliceChars: number,
): Generator<readonly number[] | string> {
  const rule = tokenizer.sliceRule;
  for (const fragment of fragments) {
    if (typeof fragment === "number") {
      yield [fragment];
      continue;
    }
    for (let start = 0, end = 0; start < fragment.length; start = end) {
      end = sliceEnd(fragment, start, { rule, sliceChars });
      if (rule !== undefined && end - start > MAX_STRETCH_CHARS) {
        yield `has ${end - start} characters in a row that can only be tokenised in one go; the bound is ${MAX_STRETCH_CHARS}`;
        return;
      }
      const tokens = tokenizer.tokenize(fragment.slice(start, end));
      const control = tokens.find((token) => tokenizer.isControl(token));
      if (control !== undefined)
        yield `spells control token ${control}, which this vocabulary cannot keep apart from text`;
      else yield start === 0 || rule === undefined ? tokens : tokens.slice(rule.addedTokens);
    }
  }
}

function concatenate(parts: readonly (readonly number[])[], count: number): Uint32Array {
  const tokens = new Uint32Array(count);
  let offset = 0;
  for (const part of parts) {
    tokens.set(part, offset);
    offset += part.length;
  }
  return tokens;
}
