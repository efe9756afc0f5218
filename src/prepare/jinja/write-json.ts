import { showHidden } from "./hidden-chars.js";
import { fill, joinTexts } from "./python-text.js";
import { compareValues, FloatNumber, isDict, isList, type JinjaValue, Tuple, typeName } from "./values.js";
import { textOf, writeFloat } from "./show-value.js";
import { takeSteps, takeCharacters } from "./render-work.js";

/** The arguments of the filter `tojson`, which are those of Python's `json.dumps`. */
export interface JsonStyle {
  readonly ensureAscii: boolean;
  /** The white space of one level. undefined means that all is in one line. */
  readonly indent: string | undefined;
  readonly itemSeparator: string;
  readonly keySeparator: string;
  readonly sortKeys: boolean;
}

/** Writes a value as JSON, as transformers' `tojson` does. @throws TypeError when JSON has no such value */
export function writeJson(value: JinjaValue, style: JsonStyle, depth = 0): string {
  takeSteps(1);
  if (typeof value === "string") return writeString(value, style);
  if (value === null || typeof value !== "object") return writeScalar(value);
  if (value instanceof FloatNumber)
    return writeFloat(value)
      .replace(/^(-?)inf$/, "$1Infinity")
      .replace(/^nan$/, "NaN");
  const items = isList(value) ? value : value instanceof Tuple ? value.items : undefined;
  if (items !== undefined) {
    const written = items.map((item) => writeJson(item, style, depth + 1));
    return enclose(written, { brackets: "[]", style, depth });
  }
  if (!isDict(value)) throw new TypeError(`${typeName(value)} cannot be written as JSON`);
  const members = [...value];
  if (style.sortKeys) members.sort(([a], [b]) => compareValues(a, b));
  const written = members.map(
    ([key, member]) => writeString(keyText(key), style) + style.keySeparator + writeJson(member, style, depth + 1),
  );
  return enclose(written, { brackets: "{}", style, depth });
}

function enclose(
  written: readonly string[],
  { brackets, style, depth }: { brackets: "[]" | "{}"; style: JsonStyle; depth: number },
): string {
  const [open, close] = [brackets.charAt(0), brackets.charAt(1)];
  const { indent, itemSeparator } = style;
  if (indent === undefined || written.length === 0) return open + joinTexts(written, itemSeparator) + close;
  const inside = `\n${fill(indent, depth + 1)}`;
  return open + inside + joinTexts(written, itemSeparator + inside) + `\n${fill(indent, depth)}` + close;
}

function writeScalar(value: JinjaValue): string {
  if (value === null) return "null";
  if (value === undefined || typeof value === "function") {
    throw new TypeError(`${typeName(value)} cannot be written as JSON`);
  }
  return textOf(value).toLowerCase();
}

function keyText(key: JinjaValue): string {
  return typeof key === "boolean" || key === null ? writeScalar(key) : textOf(key);
}

const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\f": "\\f",
  "\b": "\\b",
};

function writeString(text: string, { ensureAscii }: JsonStyle): string {
  takeCharacters(text.length);
  const escaped = text.replaceAll(/["\\\u0000-\u001f]/g, (char) => SHORT[char] ?? escapeUnit(char));
  if (!ensureAscii) return `"${escaped}"`;
  return `"${escaped.replaceAll(/[\u007f-\uffff]/g, (unit, at: number) => {
    const shown = showHidden(isPaired(escaped, at) ? `\ud800${unit}` : unit).slice(-1);
    return shown > "~" ? escapeUnit(shown) : unit;
  })}"`;
}

/** Whether the unit is the second half of a surrogate pair. */
function isPaired(text: string, at: number): boolean {
  const before = text.charCodeAt(at - 1);
  return before >= 0xd800 && before <= 0xdbff;
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
