/** more: the value goes on. end: it is complete with this unit. before: it was complete before this unit, which is no part of it. wrong: it is no JSON. */
export type JsonProgress = "more" | "end" | "before" | "wrong";

/** The most levels of nested objects and arrays. */
export const MAX_JSON_DEPTH = 64;

/**
 * A position in a value. The states of numbers are named after the last unit read: minus, zero, digits, point, digits of the fraction, `e`, sign and
 * digits of the exponent.
 */
type JsonState =
  | "value"
  | "first_element"
  | "first_key"
  | "key"
  | "colon"
  | "after"
  | "string"
  | "escape"
  | "hex"
  | "literal"
  | NumberState;

type NumberState = "minus" | "zero" | "digits" | "point" | "fraction" | "e" | "sign" | "exponent";

const WHOLE_NUMBER_STATES: ReadonlySet<JsonState> = new Set(["zero", "digits", "fraction", "exponent"]);

/**
 * Checks one JSON value (RFC 8259) unit by unit, from its first unit on. It keeps nothing but the position: a value nested deeper than
 * `MAX_JSON_DEPTH` is wrong.
 */
export class JsonCheck {
  #state: JsonState = "value";
  /** The closing unit of each object and array that is open. */
  readonly #open: number[] = [];
  #isKey = false;
  /** The units of a literal that are still to come. */
  #rest = "";
  #hexLeft = 0;

  /** Takes the next unit. To be called again only after "more". */
  advance(unit: number): JsonProgress {
    switch (this.#state) {
      case "string":
        return this.#inString(unit);
      case "escape":
        return this.#inEscape(unit);
      case "hex":
        return this.#inHex(unit);
      case "literal":
        return this.#inLiteral(unit);
      case "value":
      case "first_element":
      case "first_key":
      case "key":
      case "colon":
      case "after":
        return isBlank(unit) && this.#open.length > 0 ? "more" : this.#between(unit);
      default:
        return this.#inNumber(this.#state, unit);
    }
  }

  #inString(unit: number): JsonProgress {
    if (unit === 0x22) return this.#isKey ? this.#go("colon") : this.#close();
    if (unit === 0x5c) return this.#go("escape");
    return unit < 0x20 ? "wrong" : "more";
  }

  #inEscape(unit: number): JsonProgress {
    if (unit === 0x75) {
      this.#hexLeft = 4;
      return this.#go("hex");
    }
    return '"\\/bfnrt'.includes(String.fromCharCode(unit)) ? this.#go("string") : "wrong";
  }

  #inHex(unit: number): JsonProgress {
    const isHex = isDigit(unit) || (unit >= 0x41 && unit <= 0x46) || (unit >= 0x61 && unit <= 0x66);
    if (!isHex) return "wrong";
    this.#hexLeft -= 1;
    return this.#go(this.#hexLeft === 0 ? "string" : "hex");
  }

  #inLiteral(unit: number): JsonProgress {
    if (unit !== this.#rest.charCodeAt(0)) return "wrong";
    this.#rest = this.#rest.slice(1);
    return this.#rest === "" ? this.#close() : "more";
  }

  #inNumber(state: NumberState, unit: number): JsonProgress {
    const next = numberAfter(state, unit);
    if (next !== undefined) return this.#go(next);
    if (!WHOLE_NUMBER_STATES.has(state)) return "wrong";
    if (this.#open.length === 0) return "before";
    this.#state = "after";
    return this.advance(unit);
  }

  #between(unit: number): JsonProgress {
    const closing = this.#open.at(-1);
    switch (this.#state) {
      case "colon":
        return unit === 0x3a ? this.#go("value") : "wrong";
      case "after":
        if (unit === 0x2c) return this.#go(closing === 0x7d ? "key" : "value");
        return unit === closing ? this.#pop() : "wrong";
      case "first_key":
      case "key":
        if (unit === 0x22) return this.#string(true);
        return unit === 0x7d && this.#state === "first_key" ? this.#pop() : "wrong";
      case "first_element":
        return unit === 0x5d ? this.#pop() : this.#value(unit);
      default:
        return this.#value(unit);
    }
  }

  #value(unit: number): JsonProgress {
    switch (unit) {
      case 0x22:
        return this.#string(false);
      case 0x7b:
        return this.#push(0x7d, "first_key");
      case 0x5b:
        return this.#push(0x5d, "first_element");
      case 0x74:
        return this.#literal("rue");
      case 0x66:
        return this.#literal("alse");
      case 0x6e:
        return this.#literal("ull");
      case 0x2d:
        return this.#go("minus");
      case 0x30:
        return this.#go("zero");
      default:
        return isDigit(unit) ? this.#go("digits") : "wrong";
    }
  }

  #string(isKey: boolean): JsonProgress {
    this.#isKey = isKey;
    return this.#go("string");
  }

  #literal(rest: string): JsonProgress {
    this.#rest = rest;
    return this.#go("literal");
  }

  #push(closing: number, state: JsonState): JsonProgress {
    if (this.#open.length === MAX_JSON_DEPTH) return "wrong";
    this.#open.push(closing);
    return this.#go(state);
  }

  #pop(): JsonProgress {
    this.#open.pop();
    return this.#close();
  }

  #close(): JsonProgress {
    this.#state = "after";
    return this.#open.length === 0 ? "end" : "more";
  }

  #go(state: JsonState): JsonProgress {
    this.#state = state;
    return "more";
  }
}

/** Whether a text is one JSON object, from its first unit to its last. */
export function isJsonObject(text: string): boolean {
  if (!text.startsWith("{")) return false;
  const check = new JsonCheck();
  for (let at = 0; at < text.length; at++) {
    const progress = check.advance(text.charCodeAt(at));
    if (progress !== "more") return progress === "end" && at === text.length - 1;
  }
  return false;
}

/** @returns undefined if the unit is no part of the number */
function numberAfter(state: NumberState, unit: number): NumberState | undefined {
  switch (state) {
    case "minus":
      if (unit === 0x30) return "zero";
      return isDigit(unit) ? "digits" : undefined;
    case "zero":
    case "digits":
      if (state === "digits" && isDigit(unit)) return "digits";
      if (unit === 0x2e) return "point";
      return unit === 0x65 || unit === 0x45 ? "e" : undefined;
    case "point":
    case "fraction":
      if (isDigit(unit)) return "fraction";
      return state === "fraction" && (unit === 0x65 || unit === 0x45) ? "e" : undefined;
    case "e":
      if (unit === 0x2b || unit === 0x2d) return "sign";
      return isDigit(unit) ? "exponent" : undefined;
    case "sign":
    case "exponent":
      return isDigit(unit) ? "exponent" : undefined;
  }
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}

/** Whether a UTF-16 unit is white space in JSON. */
export function isBlank(unit: number): boolean {
  return unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09;
}
