import { formatPercent, parseFloatText } from "./format-text.js";
import { mapCase } from "./hidden-chars.js";
import { calculate, getItem } from "./operators.js";
import { capitalize, lower, replaceText, splitLines, strip, titleWords, upper } from "./python-text.js";
import { itemsIfTrue, mapAttribute, sequenceFilters } from "./sequence-filters.js";
import { textOf } from "./show-value.js";
import { stringMethods } from "./string-methods.js";
import {
  CallArguments,
  compareValues,
  FloatNumber,
  isTrue,
  type JinjaValue,
  lengthOf,
  MAX_INTEGER_DIGITS,
  numberOf,
  Tuple,
} from "./values.js";
import { writeJson } from "./write-json.js";
import { takeCharacters, takeSteps } from "./render-work.js";

/** A filter of the template language, as in `x | trim`. */
export type Filter = (value: JinjaValue, args: CallArguments) => JinjaValue;

const defaultTo: Filter = (value, args) => {
  const isMissing = value === undefined || (isTrue(args.take(1, "boolean", false)) && !isTrue(value));
  return isMissing ? args.take(0, "default_value", "") : value;
};

const toInteger: Filter = (value, args) => {
  if (value instanceof FloatNumber) {
    return Number.isFinite(value.value) ? Math.trunc(value.value) : args.take(0, "default", 0);
  }
  const number = numberOf(value);
  if (number !== undefined) return number;
  const text = typeof value === "string" ? strip(value, "both").replaceAll(/(?<=\d)_(?=\d)/g, "") : "";
  const base = args.integer(1, "base", 10);
  const digits =
    /^[-+]?\d+$/.test(text) && base === 10 ? Number(text) : base === 10 ? Number.NaN : parseInt(text, base);
  if (Number.isSafeInteger(digits)) return digits;
  if (/^[-+]?\d+$/.test(text) && text.length <= MAX_INTEGER_DIGITS && base === 10) return BigInt(text);
  const float = parseFloatText(text);
  return float !== undefined && Number.isFinite(float.value) ? Math.trunc(float.value) : args.take(0, "default", 0);
};

const toFloat: Filter = (value, args) => {
  const number = numberOf(value);
  if (number !== undefined) return new FloatNumber(Number(number));
  const parsed = typeof value === "string" ? parseFloatText(value) : undefined;
  return parsed ?? args.take(0, "default", new FloatNumber(0));
};

const round: Filter = (value, args) => {
  const number = Number(numberOf(value) ?? Number.NaN);
  const factor = 10 ** args.integer(0, "precision", 0);
  const method = textOf(args.take(1, "method", "common"));
  const scaled = number * factor;
  const rounded = method === "ceil" ? Math.ceil(scaled) : method === "floor" ? Math.floor(scaled) : roundEven(scaled);
  return new FloatNumber(rounded / factor);
};

/** Rounds half to even, as Python does. */
function roundEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

function blanks(count: number): string {
  takeCharacters(Math.max(0, count));
  return " ".repeat(Math.max(0, count));
}

const indent: Filter = (value, args) => {
  const width = args.take(0, "width", 4);
  const indention = typeof width === "string" ? width : blanks(Number(numberOf(width) ?? 0));
  const [first = "", ...others] = splitLines(`${textOf(value)}\n`);
  const isBlank = isTrue(args.take(2, "blank", false));
  takeCharacters((others.length + 1) * indention.length);
  const lines = [first, ...others.map((line) => (line === "" && !isBlank ? line : indention + line))];
  return (isTrue(args.take(1, "first", false)) ? indention : "") + lines.join("\n");
};

const toJson: Filter = (value, args) => {
  const width = args.take(1, "indent", null);
  const indention = typeof width === "number" ? blanks(width) : undefined;
  const separators = args.take(2, "separators", null);
  const [item, key] =
    separators instanceof Tuple ? separators.items : ((separators as readonly JinjaValue[] | null) ?? []);
  return writeJson(value, {
    ensureAscii: isTrue(args.take(0, "ensure_ascii", false)),
    indent: typeof width === "string" ? width : indention,
    itemSeparator: item === undefined ? (width === null ? ", " : ",") : textOf(item),
    keySeparator: key === undefined ? ": " : textOf(key),
    sortKeys: isTrue(args.take(3, "sort_keys", false)),
  });
};

const truncate: Filter = (value, args) => {
  const text = textOf(value);
  const [length, end] = [args.integer(0, "length", 255), textOf(args.take(2, "end", "..."))];
  if (lengthOf(text) <= length + args.integer(3, "leeway", 5)) return text;
  const kept = Array.from(text)
    .slice(0, length - lengthOf(end))
    .join("");
  return (isTrue(args.take(1, "killwords", false)) ? kept : kept.slice(0, Math.max(0, kept.lastIndexOf(" ")))) + end;
};

const map: Filter = (value, args) => {
  if (args.named.has("attribute")) {
    return mapAttribute(value, { path: args.named.get("attribute"), otherwise: args.named.get("default") });
  }
  const [name, ...others] = args.positional;
  const filter = requireFilter(textOf(name));
  return itemsIfTrue(value).map((item) => applyFilter(filter, item, new CallArguments(others, args.named)));
};

const HTML: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "'": "&#39;", '"': "&#34;" };
const escapeHtml: Filter = (value) => textOf(value).replaceAll(/[&<>'"]/g, (char) => HTML[char] ?? char);

const absolute: Filter = (value) =>
  compareValues(value, 0) < 0 ? calculate("*", value, -1) : value instanceof FloatNumber ? value : numberOf(value);

/** The filters by their names, as jinja2 and transformers have them. */
const filters: ReadonlyMap<string, Filter> = new Map<string, Filter>([
  ...sequenceFilters,
  ["abs", absolute],
  ["attr", (value, args) => getItem(value, args.text(0, "name"))],
  ["capitalize", (value) => capitalize(textOf(value))],
  ["center", (value, args) => stringMethods.get("center")?.(textOf(value), args)],
  ["default", defaultTo],
  ["d", defaultTo],
  ["e", escapeHtml],
  ["escape", escapeHtml],
  ["float", toFloat],
  ["format", (value, args) => formatPercent(textOf(value), new Tuple(args.positional))],
  ["indent", indent],
  ["int", toInteger],
  ["map", map],
  ["lower", (value) => mapCase(textOf(value), lower)],
  [
    "replace",
    (value, args) =>
      replaceText(
        textOf(value),
        [textOf(args.take(0, "old")), textOf(args.take(1, "new"))],
        args.integer(2, "count", -1),
      ),
  ],
  ["round", round],
  ["safe", (value) => textOf(value)],
  ["string", (value) => textOf(value)],
  ["title", (value) => titleWords(textOf(value))],
  ["tojson", toJson],
  [
    "trim",
    (value, args) => {
      const chars = args.take(0, "chars") ?? undefined;
      return strip(textOf(value), "both", chars === undefined ? undefined : textOf(chars));
    },
  ],
  ["truncate", truncate],
  ["upper", (value) => mapCase(textOf(value), upper)],
  ["wordcount", (value) => textOf(value).match(/\w+/g)?.length ?? 0],
]);

/** Applies a filter, whose work counts. @throws TypeError when it cannot do with the value */
export function applyFilter(filter: Filter, value: JinjaValue, args: CallArguments): JinjaValue {
  takeSteps(1);
  if (typeof value === "string") takeCharacters(value.length);
  return filter(value, args);
}

/** @throws TypeError when there is no filter of this name */
export function requireFilter(name: string): Filter {
  const filter = filters.get(name);
  if (filter === undefined) throw new TypeError(`there is no filter named ${name}`);
  return filter;
}
