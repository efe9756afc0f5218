/**
 * The vocabulary of the tiny model, which the scripted engine shares: ids 0 to 255 are single bytes, then three control tokens, then merged
 * tokens. Byte-level BPE as GPT-2 writes it.
 */

export const END_OF_TEXT_TOKEN = 256;
/** Begins each message of the template; the model's BOS, which it does not ask to be added. */
export const TURN_START_TOKEN = 257;
/** Ends each message of the template; the model's EOS. */
export const TURN_END_TOKEN = 258;

export const CONTROL_TOKENS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"];

/** In order of rank: each joins two tokens that exist already. All ASCII, so a code point beyond it always takes several tokens. */
const MERGES: readonly (readonly [string, string])[] = [
  [" ", "t"],
  ["h", "e"],
  [" t", "he"],
  [" ", "a"],
  ["i", "n"],
  ["r", "e"],
  [" ", "s"],
  ["o", "n"],
  ["e", "r"],
  [" ", "w"],
  ["o", "r"],
  [" w", "or"],
  ["l", "d"],
  [" wor", "ld"],
  ["H", "e"],
  ["l", "l"],
  ["ll", "o"],
  ["He", "llo"],
  ["he", "llo"],
  [" a", "n"],
  [" an", "d"],
  ["in", "g"],
  [" ", "o"],
  [" o", "f"],
  [" ", " "],
  ["s", "t"],
  ["s", "y"],
  ["sy", "st"],
  ["e", "m"],
  ["syst", "em"],
  ["u", "s"],
  ["us", "er"],
  ["\n", "\n"],
];

export interface TinyVocabulary {
  /** As GGUF spells them: each byte as GPT-2's printable stand-in. */
  readonly tokens: readonly string[];
  /** llama.cpp's token types: 1 normal, 3 control. */
  readonly tokenTypes: readonly number[];
  readonly merges: readonly string[];
}

/**
 * The vocabulary as the keys of a GGUF file want it.
 * @param size filled up with tokens that no text contains; default: none of them
 * @param controlTexts of further control tokens; default: none
 */
export function tinyVocabulary(size = 0, controlTexts: readonly string[] = []): TinyVocabulary {
  const standIns = byteStandIns();
  const spell = (text: string): string => [...Buffer.from(text)].map((byte) => standIns[byte]).join("");
  const pairs = MERGES.map((pair) => pair.map(spell));
  const controls = new Set([...CONTROL_TOKENS, ...controlTexts]);
  const used = [...new Set([...standIns, ...CONTROL_TOKENS, ...pairs.map((pair) => pair.join("")), ...controls])];
  const unused = Array.from({ length: Math.max(0, size - used.length) }, (_, index) => `unused${index}`);
  const tokens = [...used, ...unused];
  return {
    tokens,
    tokenTypes: tokens.map((text) => (controls.has(text) ? 3 : 1)),
    merges: pairs.map((pair) => pair.join(" ")),
  };
}

/** GPT-2's table: printable Latin-1 stands for itself, each other byte for the next free code point from U+0100. */
function byteStandIns(): string[] {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
    return String.fromCodePoint(printable ? byte : next++);
  });
}
