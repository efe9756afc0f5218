import { replaceMatches } from "./replace-matches.js";
import { represent, textOf } from "./show-value.js";
import { type CallArguments, FloatNumber, isDict, type JinjaValue, numberOf, Tuple, typeName } from "./values.js";
import { takeCharacters } from "./render-work.js";

/** Matches a doubled brace or a field: its name, its conversion and its format. */
const FIELD = /\{\{|\}\}|\{([^{}:!]*)(?:!([rs]))?(?::([^{}]*))?\}/g;

/**
 * Fills in the fields of a text as Python's `str.format` does.
 * @param read the value of an attribute or item, as in `{0.name}` and `{0[key]}`
 * @throws TypeError when a field has no argument or an unknown format
 */
export function formatBraces(
  text: string,
  args: CallArguments,
  read: (value: JinjaValue, name: string) => JinjaValue,
): string {
  let next = 0;
  return replaceMatches(text, FIELD, ([match, path, conversion, format = ""]) => {
    if (path === undefined) return match.charAt(0);
    const [name = "", ...members] = path.split(/[.[]/);
    const key = name === "" ? String(next++) : name;
    const isKnown = /^\d+$/.test(key) ? Number(key) < args.positional.length : args.named.has(key);
    if (!isKnown) throw new TypeError(`format() has no argument ${key}`);
    const base = /^\d+$/.test(key) ? args.positional[Number(key)] : args.named.get(key);
    const value = members.reduce((object, member) => read(object, member.replace(/\]$/, "")), base);
    return formatValue(conversion === "r" ? represent(value) : value, format);
  });
}

/** Matches the format of a field: fill and alignment, sign, zero, width, grouping, precision and type. */
const FORMAT = /^(?:(.)?([<>^]))?(\+)?(0)?(\d+)?(,)?(?:\.(\d+))?([dfsxXeg%]?)$/u;

function formatValue(value: JinjaValue, format: string): string {
  if (format === "") return textOf(value);
  const parts = FORMAT.exec(format);
  if (parts === null) throw new TypeError(`format() does not know the format ${JSON.stringify(format)}`);
  const [, fill, alignment, sign = "", zero, width = "0", comma, precision, type = ""] = parts;
  const number = numberOf(value);
  const text =
    number === undefined
      ? textOf(value).slice(0, precision === undefined ? undefined : Number(precision))
      : sign.slice(0, number < 0 ? 0 : 1) + formatNumber(value, { type, precision, comma });
  const missing = Math.max(0, Number(width) - Array.from(text).length);
  takeCharacters(missing);
  if (zero !== undefined && fill === undefined) return text.replace(/^([-+]?)/, `$1${"0".repeat(missing)}`);
  const side = alignment ?? (number === undefined ? "<" : ">");
  const left = side === "<" ? 0 : side === ">" ? missing : Math.floor(missing / 2);
  const filling = fill ?? " ";
  return filling.repeat(left) + text + filling.repeat(missing - left);
}

function formatNumber(
  value: JinjaValue,
  { type, precision, comma }: { type: string; precision: string | undefined; comma: string | undefined },
): string {
  const number = numberOf(value) ?? 0;
  const digits = precision === undefined ? undefined : Number(precision);
  const group = (text: string): string =>
    comma === undefined ? text : text.replace(/^(-?\d+)/, (whole) => whole.replaceAll(/(?<=\d)(?=(?:\d{3})+$)/g, ","));
  if (type === "f") return group(Number(number).toFixed(digits ?? 6));
  if (type === "%") return `${(Number(number) * 100).toFixed(digits ?? 6)}%`;
  if (type === "x" || type === "X") return type === "x" ? number.toString(16) : number.toString(16).toUpperCase();
  if (type === "e") return writeExponent(Number(number), digits ?? 6);
  if (digits !== undefined) return group(String(Number(Number(number).toPrecision(Math.max(1, digits)))));
  return group(textOf(typeof value === "boolean" ? number : value));
}

function writeExponent(value: number, digits: number): string {
  return value.toExponential(digits).replace(/e([-+])(\d)$/, "e$10$2");
}

/** Matches a conversion of Python's `%` operator. */
const CONVERSION = /%(?:\((\w+)\))?([-0+ ]*)([1-9]\d*)?(?:\.(\d+))?([sdifrx%])/g;

/** Fills in a text as Python's `%` operator does. @throws TypeError when an argument is missing */
export function formatPercent(text: string, value: JinjaValue): string {
  const values = value instanceof Tuple ? value.items : [value];
  let next = 0;
  return replaceMatches(text, CONVERSION, ([, name, flags = "", width = "0", precision, type = ""]) => {
    if (type === "%") return "%";
    if (name === undefined && next >= values.length) throw new TypeError("not enough arguments for the format");
    const argument = name === undefined ? values[next++] : isDict(value) ? value.get(name) : undefined;
    const written = convert(argument, type, precision);
    takeCharacters(Number(width));
    if (flags.includes("-")) return written.padEnd(Number(width));
    return flags.includes("0") && type !== "s"
      ? written.replace(/^(-?)/, (sign) => sign + "0".repeat(Math.max(0, Number(width) - written.length)))
      : written.padStart(Number(width));
  });
}

function convert(value: JinjaValue, type: string, precision: string | undefined): string {
  if (type === "s") return textOf(value);
  if (type === "r") return represent(value);
  const number = numberOf(value);
  if (number === undefined) throw new TypeError(`%${type} needs a number, not ${typeName(value)}`);
  if (type === "f") return Number(number).toFixed(precision === undefined ? 6 : Number(precision));
  const whole = typeof number === "bigint" ? number : Math.trunc(number);
  return type === "x" ? whole.toString(16) : whole.toString();
}

/** Reads a number out of a text as Python's `float` does, or returns undefined. */
export function parseFloatText(text: string): FloatNumber | undefined {
  const trimmed = text.trim().replaceAll(/(?<=\d)_(?=\d)/g, "");
  if (/^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?$/i.test(trimmed)) return new FloatNumber(Number(trimmed));
  const special = /^([-+]?)(inf(?:inity)?|nan)$/i.exec(trimmed);
  if (special === null) return undefined;
  const size = special[2]?.toLowerCase() === "nan" ? Number.NaN : Number.POSITIVE_INFINITY;
  return new FloatNumber(special[1] === "-" ? -size : size);
}
