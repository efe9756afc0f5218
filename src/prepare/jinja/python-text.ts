import { mapCase, showHidden } from "./hidden-chars.js";
import { takeCharacters, takeSteps } from "./render-work.js";

/** The characters that Python regards as white space, as part of a character class. */
export const SPACES = String.raw`\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000`;

const SPACE = new RegExp(`[${SPACES}]`);
const WORDS = new RegExp(`[^${SPACES}]+`, "g");
/** Matches an end of line of Python's `splitlines`. */
const LINE_END = /\r\n|[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]/;

const TITLE_WORDS = new RegExp(`[^-${SPACES}({[<]+`, "g");

/** Each word is changed by itself, which takes the time of reading as many characters for each of its own. */
const CASE_COST = 8;

/** The sides of a text that are stripped. */
export type Sides = "both" | "left" | "right";

/** Removes white space, or the characters given, from the ends of a text. */
export function strip(text: string, sides: Sides, chars?: string): string {
  const shown = showHidden(text);
  const set = chars === undefined ? undefined : new Set(showHidden(chars));
  const goes = (char: string): boolean => (set === undefined ? SPACE.test(char) : set.has(char));
  let [start, end] = [0, shown.length];
  while (sides !== "right" && start < end) {
    const char = String.fromCodePoint(shown.codePointAt(start) ?? 0);
    if (!goes(char)) break;
    start += char.length;
  }
  while (sides !== "left" && end > start) {
    const char = lastChar(shown, end);
    if (!goes(char)) break;
    end -= char.length;
  }
  return text.slice(start, end);
}

function lastChar(text: string, end: number): string {
  const pair = text.slice(Math.max(0, end - 2), end);
  return (pair.codePointAt(0) ?? 0) > 0xffff ? pair : text.slice(end - 1, end);
}

/** The places where a text occurs, without overlaps. */
export function placesOf(text: string, part: string): number[] {
  const [shown, sought] = [showHidden(text), showHidden(part)];
  const places: number[] = [];
  for (let at = shown.indexOf(sought); at >= 0; at = shown.indexOf(sought, at + sought.length)) places.push(at);
  return places;
}

/** Splits a text at a separator, at most `most` times from the left or from the right. A negative number means at every one. */
export function splitAt(text: string, separator: string, { most, fromRight }: SplitBounds): string[] {
  if (separator === "") throw new TypeError("the separator must not be empty");
  const places = fromRight ? placesFromRight(text, separator) : placesOf(text, separator);
  takeSteps(places.length);
  const used = most < 0 ? places : fromRight ? places.slice(Math.max(0, places.length - most)) : places.slice(0, most);
  let start = 0;
  const parts = used.map((place) => {
    const part = text.slice(start, place);
    start = place + separator.length;
    return part;
  });
  return [...parts, text.slice(start)];
}

export interface SplitBounds {
  readonly most: number;
  readonly fromRight: boolean;
}

function placesFromRight(text: string, part: string): number[] {
  const [shown, sought] = [showHidden(text), showHidden(part)];
  const places: number[] = [];
  let at = shown.lastIndexOf(sought);
  while (at >= 0) {
    places.push(at);
    at = at < sought.length ? -1 : shown.lastIndexOf(sought, at - sought.length);
  }
  return places.reverse();
}

/** Splits a text into words, at most `most` times. The rest then keeps its white space at the other end. */
export function splitWords(text: string, { most, fromRight }: SplitBounds): string[] {
  const words = [...text.matchAll(WORDS)];
  takeSteps(words.length);
  if (most < 0 || words.length <= most) return words.map(([word]) => word);
  if (!fromRight) {
    const rest = words[most];
    const kept = words.slice(0, most).map(([word]) => word);
    return rest === undefined ? kept : [...kept, text.slice(rest.index)];
  }
  const last = words[words.length - most - 1];
  const kept = words.slice(words.length - most).map(([word]) => word);
  return last === undefined ? kept : [text.slice(0, last.index + last[0].length), ...kept];
}

/** The lines of a text, without an empty one after the last end of line. */
export function splitLines(text: string): string[] {
  const lines = text.split(LINE_END);
  takeSteps(lines.length);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** Joins texts with a separator between them. */
export function joinTexts(texts: readonly string[], separator: string): string {
  takeCharacters(texts.reduce((sum, { length }) => sum + length, separator.length * texts.length));
  return texts.join(separator);
}

/** Repeats the filling of a padded text. */
export function fill(filling: string, count: number): string {
  takeCharacters(filling.length * count);
  return filling.repeat(count);
}

/** Replaces a text by another one, at most `most` times. A negative number means everywhere. */
export function replaceText(text: string, [from, to]: readonly [string, string], most: number): string {
  if (from === "") {
    const chars = Array.from(text);
    const count = most < 0 ? chars.length + 1 : most;
    takeSteps(chars.length);
    takeCharacters(to.length * Math.min(count, chars.length + 1));
    const start = chars.map((char, index) => (index < count ? to + char : char)).join("");
    return chars.length < count ? start + to : start;
  }
  return joinTexts(splitAt(text, from, { most, fromRight: false }), to);
}

/** The text with a capital at the beginning and small letters behind it. */
export function capitalize(text: string): string {
  const [first = ""] = text;
  return mapCase(first, upper) + mapCase(text.slice(first.length), lower);
}

/** The text with a capital at the beginning of each run of letters. */
export function titleCase(text: string): string {
  return capitalizeEach(text, /[\p{L}\p{M}]+/gu);
}

/** The text with a capital behind each white space and opening bracket, as the filter `title` writes it. */
export function titleWords(text: string): string {
  return capitalizeEach(text, TITLE_WORDS);
}

/** Changes each word that a pattern finds in the text as the caller wrote it. */
function capitalizeEach(text: string, words: RegExp): string {
  let changed = "";
  let from = 0;
  takeCharacters(text.length * CASE_COST);
  for (const { 0: word, index } of showHidden(text).matchAll(words)) {
    changed += text.slice(from, index) + capitalize(text.slice(index, index + word.length));
    from = index + word.length;
  }
  return changed + text.slice(from);
}

export const upper = (text: string): string => text.toUpperCase();
export const lower = (text: string): string => text.toLowerCase();
