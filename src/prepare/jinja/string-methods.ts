import { formatBraces } from "./format-text.js";
import { mapCase, showHidden } from "./hidden-chars.js";
import {
  capitalize,
  fill,
  joinTexts,
  lower,
  placesOf,
  replaceText,
  type Sides,
  splitAt,
  splitLines,
  splitWords,
  strip,
  titleCase,
  upper,
} from "./python-text.js";
import { textOf } from "./show-value.js";
import { type CallArguments, isDict, isList, itemsOf, type JinjaValue, lengthOf, Tuple, typeName } from "./values.js";

type StringMethod = (text: string, args: CallArguments) => JinjaValue;

/** The methods of strings, as Python has them. */
export const stringMethods: ReadonlyMap<string, StringMethod> = new Map<string, StringMethod>([
  ["strip", stripping("both")],
  ["lstrip", stripping("left")],
  ["rstrip", stripping("right")],
  ["upper", (text) => mapCase(text, upper)],
  ["lower", (text) => mapCase(text, lower)],
  ["casefold", (text) => mapCase(text, lower)],
  ["title", titleCase],
  ["capitalize", capitalize],
  ["swapcase", (text) => mapCase(text, swapCase)],
  ["startswith", (text, args) => matchesAny(text, args, (shown, prefix) => shown.startsWith(prefix))],
  ["endswith", (text, args) => matchesAny(text, args, (shown, suffix) => shown.endsWith(suffix))],
  ["split", splitting(false)],
  ["rsplit", splitting(true)],
  ["splitlines", splitLines],
  ["partition", (text, args) => partition(text, args.text(0, "sep"), false)],
  ["rpartition", (text, args) => partition(text, args.text(0, "sep"), true)],
  [
    "replace",
    (text, args) => replaceText(text, [args.text(0, "old"), args.text(1, "new")], args.integer(2, "count", -1)),
  ],
  ["removeprefix", (text, args) => removeEdge(text, args.text(0, "prefix"), "left")],
  ["removesuffix", (text, args) => removeEdge(text, args.text(0, "suffix"), "right")],
  ["join", (text, args) => joinTexts(itemsOf(args.take(0, "iterable")).map(requireText), text)],
  ["format", (text, args) => formatBraces(text, args, readMember)],
  ["count", (text, args) => placesOf(text, args.text(0, "sub")).length],
  ["find", (text, args) => codePointsBefore(text, placesOf(text, args.text(0, "sub"))[0])],
  ["rfind", (text, args) => codePointsBefore(text, placesOf(text, args.text(0, "sub")).at(-1))],
  ["index", (text, args) => requirePlace(codePointsBefore(text, placesOf(text, args.text(0, "sub"))[0]))],
  ["rindex", (text, args) => requirePlace(codePointsBefore(text, placesOf(text, args.text(0, "sub")).at(-1)))],
  ["isdigit", (text) => /^\p{Nd}+$/u.test(showHidden(text))],
  ["isdecimal", (text) => /^\p{Nd}+$/u.test(showHidden(text))],
  ["isnumeric", (text) => /^\p{N}+$/u.test(showHidden(text))],
  ["isalpha", (text) => /^\p{L}+$/u.test(showHidden(text))],
  ["isalnum", (text) => /^[\p{L}\p{N}]+$/u.test(showHidden(text))],
  ["isspace", (text) => text !== "" && strip(text, "both") === ""],
  ["isupper", (text) => isCased(text, upper)],
  ["islower", (text) => isCased(text, lower)],
  ["zfill", (text, args) => text.replace(/^([-+]?)/, (sign) => sign + fill("0", missing(text, args)))],
  ["ljust", (text, args) => text + fill(padding(args), missing(text, args))],
  ["rjust", (text, args) => fill(padding(args), missing(text, args)) + text],
  ["center", (text, args) => center(text, args)],
]);

function stripping(sides: Sides): StringMethod {
  return (text, args) => {
    const chars = args.take(0, "chars") ?? undefined;
    if (chars !== undefined && typeof chars !== "string") {
      throw new TypeError(`strip() takes a string, not ${typeName(chars)}`);
    }
    return strip(text, sides, chars);
  };
}

function splitting(fromRight: boolean): StringMethod {
  return (text, args) => {
    const most = args.integer(1, "maxsplit", -1);
    const separator = args.take(0, "sep") ?? undefined;
    if (separator === undefined) return splitWords(text, { most, fromRight });
    return splitAt(text, args.text(0, "sep"), { most, fromRight });
  };
}

function matchesAny(text: string, args: CallArguments, test: (shown: string, part: string) => boolean): boolean {
  const parts = args.take(0, "prefix");
  const shown = showHidden(text);
  const all = parts instanceof Tuple ? parts.items : [parts];
  return all.some((part) => test(shown, showHidden(requireText(part))));
}

function partition(text: string, separator: string, fromRight: boolean): Tuple {
  const parts = splitAt(text, separator, { most: 1, fromRight });
  const [before = "", after] = parts;
  if (after !== undefined) return new Tuple([before, separator, after]);
  return new Tuple(fromRight ? ["", "", text] : [text, "", ""]);
}

function removeEdge(text: string, edge: string, side: "left" | "right"): string {
  const [shown, sought] = [showHidden(text), showHidden(edge)];
  if (sought === "") return text;
  if (side === "left") return shown.startsWith(sought) ? text.slice(sought.length) : text;
  return shown.endsWith(sought) ? text.slice(0, -sought.length) : text;
}

function requireText(value: JinjaValue): string {
  if (typeof value === "string") return value;
  throw new TypeError(`expected a string, not ${typeName(value)}`);
}

function readMember(value: JinjaValue, name: string): JinjaValue {
  if (isDict(value)) return value.get(name);
  return isList(value) ? value[Number(name)] : undefined;
}

function codePointsBefore(text: string, place: number | undefined): number {
  return place === undefined ? -1 : lengthOf(text.slice(0, place));
}

function requirePlace(place: number): number {
  if (place < 0) throw new TypeError("substring not found");
  return place;
}

function isCased(text: string, change: (text: string) => string): boolean {
  const shown = showHidden(text);
  return /[\p{Lu}\p{Ll}]/u.test(shown) && change(shown) === shown;
}

function swapCase(text: string): string {
  return Array.from(text, (char) => (upper(char) === char ? lower(char) : upper(char))).join("");
}

function missing(text: string, args: CallArguments): number {
  return Math.max(0, args.integer(0, "width", 0) - lengthOf(text));
}

function padding(args: CallArguments): string {
  return textOf(args.take(1, "fillchar", " "));
}

function center(text: string, args: CallArguments): string {
  const width = missing(text, args);
  // Python puts the odd one to the left if the width is odd too.
  const left = Math.floor(width / 2) + (width & args.integer(0, "width", 0) & 1);
  return fill(padding(args), left) + text + fill(padding(args), width - left);
}
