import type { Fragment } from "./control-texts.js";
import { SLICE_CHARS, sliceEnd } from "./slice-rule.js";
import type { Vocabulary } from "./vocabulary.js";

/** The result of tokenising. */
export type Tokenised =
  | { readonly type: "tokens"; readonly tokens: Uint32Array }
  /** More tokens than the bound. The count is a minimum unless it is exact, since the rest of the text was not tokenised. */
  | { readonly type: "too_long"; readonly inputTokens: number; readonly exact: boolean }
  /** A text that must not be tokenised. `problem` follows the name of its field. */
  | { readonly type: "refused"; readonly problem: string };

/** The part of a vocabulary that tokenising needs. */
export type Tokenizer = Pick<Vocabulary, "tokenize" | "isControl" | "sliceRule">;

export interface TokenizeOptions {
  /** The result of more tokens is `too_long`. */
  readonly maxTokens: number;
  /** The approximate length of a slice of plain text. The default is SLICE_CHARS. */
  readonly sliceChars?: number;
}

/** The tokens of one turn. Then the other jobs take theirs. */
const TURN_TOKENS = 2_048;

/**
 * The longest slice without a safe position to cut, such as white space or one endless word. It takes a third of a second on two cores, in which no other
 * input is prepared. 4 MiB of such text took five seconds.
 */
const MAX_SLICE_CHARS = 262_144;

/**
 * Tokenises fragments in order, without the model's beginning token, and yields between slices of work. The slice length does not change the tokens.
 */
export function* tokenizeFragments(
  tokenizer: Tokenizer,
  fragments: readonly Fragment[],
  options: TokenizeOptions,
): Generator<undefined, Tokenised> {
  const slices: (readonly number[])[] = [];
  let count = 0;
  let turnTokens = 0;
  for (const slice of tokenizeSlices(tokenizer, fragments, options.sliceChars ?? SLICE_CHARS)) {
    if (typeof slice === "string") return { type: "refused", problem: slice };
    slices.push(slice);
    // One slice more is tokenised after the bound is passed, so that a text which ends there gets an exact count.
    if (count > options.maxTokens) return { type: "too_long", inputTokens: count + slice.length, exact: false };
    count += slice.length;
    turnTokens += slice.length;
    if (turnTokens >= TURN_TOKENS) {
      turnTokens = 0;
      yield;
    }
  }
  if (count > options.maxTokens) return { type: "too_long", inputTokens: count, exact: true };
  return { type: "tokens", tokens: concatenate(slices, count) };
}

/** The tokens of each slice. A text instead of an array is the problem of the fragment. */
function* tokenizeSlices(
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
      if (rule !== undefined && end - start > MAX_SLICE_CHARS) {
        yield `has a stretch of ${end - start} characters that can only be tokenised as a whole; at most ${MAX_SLICE_CHARS} are allowed`;
        return;
      }
      const tokens = tokenizer.tokenize(fragment.slice(start, end));
      const control = tokens.find((token) => tokenizer.isControl(token));
      if (control !== undefined)
        yield `contains the text of control token ${control}, which this vocabulary cannot tell from the token`;
      else yield start === 0 || rule === undefined ? tokens : tokens.slice(rule.addedTokens);
    }
  }
}

function concatenate(slices: readonly (readonly number[])[], count: number): Uint32Array {
  const tokens = new Uint32Array(count);
  let offset = 0;
  for (const slice of slices) {
    tokens.set(slice, offset);
    offset += slice.length;
  }
  return tokens;
}
