import { showHidden } from "./hidden-chars.js";
import { FloatNumber, isDict, isList, type JinjaValue, Tuple } from "./values.js";
import { takeCharacters, takeSteps } from "./render-work.js";

/** The text of a value as Python's `str` writes it. An undefined value has none. */
export function textOf(value: JinjaValue): string {
  if (typeof value === "string") return value;
  return value === undefined ? "" : represent(value);
}

/** The text of a value as Python's `repr` writes it. */
export function represent(value: JinjaValue): string {
  takeSteps(1);
  if (typeof value === "string") return quote(value);
  if (value === undefined) return "Undefined";
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  if (value instanceof FloatNumber) return writeFloat(value);
  if (isList(value)) return `[${value.map(represent).join(", ")}]`;
  if (value instanceof Tuple) {
    return `(${value.items.map(represent).join(", ")}${value.items.length === 1 ? "," : ""})`;
  }
  if (isDict(value))
    return `{${[...value].map(([key, member]) => `${represent(key)}: ${represent(member)}`).join(", ")}}`;
  return typeof value === "function" ? "<function>" : "<object>";
}

const ESCAPES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\" };

function quote(text: string): string {
  // Each character is looked up in several Unicode categories.
  takeCharacters(text.length * 4);
  const shown = showHidden(text);
  const mark = shown.includes("'") && !shown.includes('"') ? '"' : "'";
  const escaped = text.replaceAll(/[\\\n\r\t\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}]|(?! )\p{Zs}|'/gu, (char) => {
    if (char === "'") return mark === "'" ? "\\'" : char;
    return ESCAPES[char] ?? escapeCode(char.codePointAt(0) ?? 0);
  });
  return mark + escaped + mark;
}

function escapeCode(code: number): string {
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, "0")}`;
  return code <= 0xffff ? `\\u${code.toString(16).padStart(4, "0")}` : `\\U${code.toString(16).padStart(8, "0")}`;
}

/** A float as Python writes it: with a fraction, and with an exponent beyond 16 digits or below 0.0001. */
export function writeFloat({ value, literal }: FloatNumber): string {
  if (literal !== undefined) return literal;
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (Object.is(value, -0)) return "-0.0";
  const [digits = "", exponent = "0"] = value.toExponential().split("e");
  const power = Number(exponent);
  if (value === 0 || (power >= -4 && power < 16)) {
    const plain = Math.abs(value) < 1e-6 && value !== 0 ? value.toFixed(20).replace(/0+$/, "") : String(value);
    return plain.includes(".") ? plain : `${plain}.0`;
  }
  return `${digits}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}
