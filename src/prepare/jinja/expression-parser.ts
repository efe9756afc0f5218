import { applyFilter, requireFilter } from "./filters.js";
import { type Compare, COMPARISONS, OPERATOR_LEVELS } from "./binary-operators.js";
import { calculate, callMember, callValue, getAttribute, getItem, getSlice } from "./operators.js";
import type { Evaluate, Scope } from "./scope.js";
import { textOf } from "./show-value.js";
import type { TokenStream } from "./token-stream.js";
import { CallArguments, contains, FloatNumber, isDict, isTrue, itemsOf, type JinjaValue, Tuple } from "./values.js";
import { requireTest } from "./value-tests.js";
import { takeSteps } from "./render-work.js";

/** A parsed expression. A member and a name are kept apart from their value, since a call needs them. */
interface Expression {
  readonly evaluate: Evaluate;
  readonly member?: { readonly object: Evaluate; readonly name: string };
  readonly name?: string;
}

const CONSTANTS: ReadonlyMap<string, JinjaValue> = new Map<string, JinjaValue>([
  ["true", true],
  ["false", false],
  ["none", null],
  ["True", true],
  ["False", false],
  ["None", null],
]);

/** Parses expressions of a template, by jinja2's grammar, into functions that evaluate them. */
export class ExpressionParser {
  readonly #tokens: TokenStream;
  /** The names that have been read since the last `takeNames`. */
  #names = new Set<string>();

  constructor(tokens: TokenStream) {
    this.#tokens = tokens;
  }

  /** Collects the names that `parse` reads, for a macro that has to know whether it uses `varargs`, `kwargs` or `caller`. */
  namesDuring(parse: () => void): ReadonlySet<string> {
    const outer = this.#names;
    this.#names = new Set();
    parse();
    const names = this.#names;
    this.#names = new Set([...outer, ...names]);
    return names;
  }

  /** Parses an expression, or several with commas between them as a tuple. */
  parseTuple(options: { withCondition?: boolean } = {}): Evaluate {
    const { withCondition = true } = options;
    const parse = (): Evaluate => (withCondition ? this.parse() : this.#parseOr());
    const first = parse();
    if (!this.#tokens.is("operator", ",")) return first;
    const items = [first];
    while (this.#tokens.skipIf("operator", ",")) {
      if (this.#endsTuple()) break;
      items.push(parse());
    }
    return (scope) => {
      takeSteps(items.length);
      return new Tuple(items.map((item) => item(scope)));
    };
  }

  #endsTuple(): boolean {
    return (
      this.#tokens.is("tag_end") ||
      this.#tokens.is("print_end") ||
      this.#tokens.is("operator", ")", "=") ||
      this.#tokens.is("name", "in")
    );
  }

  /** Parses an expression, with a condition if it has one. */
  parse(): Evaluate {
    let value = this.#parseOr();
    while (this.#tokens.skipIf("name", "if")) {
      const [then, test] = [value, this.#parseOr()];
      const otherwise = this.#tokens.skipIf("name", "else") ? this.parse() : undefined;
      value = (scope) => {
        takeSteps(1);
        return isTrue(test(scope)) ? then(scope) : otherwise?.(scope);
      };
    }
    return value;
  }

  #parseOr(): Evaluate {
    let left = this.#parseAnd();
    while (this.#tokens.skipIf("name", "or")) {
      const [first, second] = [left, this.#parseAnd()];
      left = (scope) => {
        takeSteps(1);
        const value = first(scope);
        return isTrue(value) ? value : second(scope);
      };
    }
    return left;
  }

  #parseAnd(): Evaluate {
    let left = this.#parseNot();
    while (this.#tokens.skipIf("name", "and")) {
      const [first, second] = [left, this.#parseNot()];
      left = (scope) => {
        takeSteps(1);
        const value = first(scope);
        return isTrue(value) ? second(scope) : value;
      };
    }
    return left;
  }

  #parseNot(): Evaluate {
    if (!this.#tokens.skipIf("name", "not")) return this.#parseComparison();
    const value = this.#parseNot();
    return (scope) => {
      takeSteps(1);
      return !isTrue(value(scope));
    };
  }

  /** Parses comparisons, which form a chain as in `a < b < c`. */
  #parseComparison(): Evaluate {
    const first = this.#parseBinary(0);
    const links: { readonly compare: Compare; readonly operand: Evaluate }[] = [];
    for (let compare = this.#nextComparison(); compare !== undefined; compare = this.#nextComparison()) {
      links.push({ compare, operand: this.#parseBinary(0) });
    }
    const [only] = links;
    if (only === undefined) return first;
    if (links.length === 1) return (scope) => only.compare(first(scope), only.operand(scope));
    return (scope) => {
      takeSteps(links.length);
      let left = first(scope);
      return links.every(({ compare, operand }) => {
        const right = operand(scope);
        const holds = compare(left, right);
        left = right;
        return holds;
      });
    };
  }

  #nextComparison(): Compare | undefined {
    const { current } = this.#tokens;
    if (current.type === "operator" && COMPARISONS.has(current.value)) {
      return COMPARISONS.get(this.#tokens.next().value);
    }
    if (this.#tokens.skipIf("name", "in")) return (left, right) => contains(right, left);
    if (!this.#tokens.is("name", "not") || !this.#tokens.isSecond("name", "in")) return undefined;
    this.#tokens.next();
    this.#tokens.next();
    return (left, right) => !contains(right, left);
  }

  #parseBinary(level: number): Evaluate {
    const operators = OPERATOR_LEVELS[level];
    if (operators === undefined) return this.#parseUnary(true).evaluate;
    let left = this.#parseBinary(level + 1);
    for (;;) {
      const { current } = this.#tokens;
      const operate = current.type === "operator" ? operators.get(current.value) : undefined;
      if (operate === undefined) return left;
      this.#tokens.next();
      const [first, second] = [left, this.#parseBinary(level + 1)];
      left = (scope) => {
        takeSteps(1);
        return operate(first(scope), second(scope));
      };
    }
  }

  #parseUnary(withFilter: boolean): Expression {
    const sign = this.#tokens.is("operator", "-", "+") ? this.#tokens.next().value : undefined;
    if (sign === undefined) {
      const value = this.#parsePostfix(this.#parsePrimary());
      return withFilter ? this.#parseFilters(value) : value;
    }
    const { evaluate } = this.#parseUnary(false);
    const factor = sign === "-" ? -1 : 1;
    const signed: Expression = { evaluate: (scope) => calculate("*", evaluate(scope), factor) };
    return withFilter ? this.#parseFilters(signed) : signed;
  }

  #parsePrimary(): Expression {
    const token = this.#tokens.next();
    switch (token.type) {
      case "name":
        return this.#nameOf(token.value);
      case "string": {
        let text = token.value;
        while (this.#tokens.is("string")) text += this.#tokens.next().value;
        return { evaluate: () => text };
      }
      case "number": {
        const value = readNumber(token.value);
        return { evaluate: () => value };
      }
      case "operator":
        if (token.value === "(") return this.#parseParentheses();
        if (token.value === "[") return { evaluate: this.#parseList() };
        if (token.value === "{") return { evaluate: this.#parseDict() };
        break;
      default:
    }
    throw this.#tokens.error(
      `unexpected ${token.value === "" ? "end of the expression" : JSON.stringify(token.value)}`,
    );
  }

  #nameOf(name: string): Expression {
    if (CONSTANTS.has(name)) {
      const value = CONSTANTS.get(name);
      return { evaluate: () => value };
    }
    this.#names.add(name);
    return { name, evaluate: (scope) => scope.get(name) };
  }

  #parseParentheses(): Expression {
    if (this.#tokens.skipIf("operator", ")")) return { evaluate: () => new Tuple([]) };
    const evaluate = this.parseTuple();
    this.#tokens.expect("operator", ")");
    return { evaluate };
  }

  #parseList(): Evaluate {
    const items = this.#parseItems("]", () => this.parse());
    return (scope) => {
      takeSteps(items.length);
      return items.map((item) => item(scope));
    };
  }

  #parseDict(): Evaluate {
    const members = this.#parseItems("}", () => {
      const key = this.parse();
      this.#tokens.expect("operator", ":");
      return [key, this.parse()] as const;
    });
    return (scope) => {
      takeSteps(members.length);
      return new Map(members.map(([key, value]) => [key(scope), value(scope)]));
    };
  }

  #parseItems<T>(closing: string, parse: () => T): T[] {
    const items: T[] = [];
    while (!this.#tokens.skipIf("operator", closing)) {
      if (items.length > 0) this.#tokens.expect("operator", ",");
      if (this.#tokens.skipIf("operator", closing)) break;
      items.push(parse());
    }
    return items;
  }

  #parsePostfix(value: Expression): Expression {
    let result = value;
    for (;;) {
      if (this.#tokens.skipIf("operator", ".")) result = this.#parseMember(result.evaluate);
      else if (this.#tokens.skipIf("operator", "[")) result = { evaluate: this.#parseSubscript(result.evaluate) };
      else if (this.#tokens.skipIf("operator", "(")) result = { evaluate: this.#parseCall(result) };
      else return result;
    }
  }

  #parseMember(object: Evaluate): Expression {
    if (this.#tokens.is("number")) {
      const index = readNumber(this.#tokens.next().value);
      return { evaluate: (scope) => getItem(object(scope), index) };
    }
    const name = this.#tokens.expect("name").value;
    return { member: { object, name }, evaluate: (scope) => getAttribute(object(scope), name) };
  }

  #parseSubscript(object: Evaluate): Evaluate {
    const bounds: (Evaluate | undefined)[] = [];
    let isSlice = false;
    while (!this.#tokens.skipIf("operator", "]")) {
      const bound = this.#tokens.is("operator", ":") ? undefined : this.parseTuple();
      bounds.push(bound);
      if (this.#tokens.skipIf("operator", ":")) isSlice = true;
      else if (!this.#tokens.is("operator", "]")) throw this.#tokens.unexpected();
    }
    const [key] = bounds;
    if (!isSlice) {
      if (key === undefined) throw this.#tokens.error("a subscript is empty");
      return (scope) => getItem(object(scope), key(scope));
    }
    return (scope) =>
      getSlice(
        object(scope),
        bounds.map((bound) => asBound(bound?.(scope))),
      );
  }

  #parseCall({ evaluate, member, name = "the expression" }: Expression): Evaluate {
    const readArguments = this.parseArguments();
    if (member === undefined) return (scope) => callValue(evaluate(scope), name, readArguments(scope));
    return (scope) => callMember(member.object(scope), member.name, readArguments(scope));
  }

  /** Parses the arguments of a call behind its parenthesis. */
  parseArguments(): (scope: Scope) => CallArguments {
    const positional: { readonly value: Evaluate; readonly isSpread: boolean }[] = [];
    const named: { readonly name: string | undefined; readonly value: Evaluate }[] = [];
    this.#parseItems(")", () => {
      if (this.#tokens.skipIf("operator", "**")) named.push({ name: undefined, value: this.parse() });
      else if (this.#tokens.skipIf("operator", "*")) positional.push({ value: this.parse(), isSpread: true });
      else if (this.#tokens.is("name") && this.#tokens.isSecond("operator", "=")) {
        const name = this.#tokens.next().value;
        this.#tokens.next();
        named.push({ name, value: this.parse() });
      } else positional.push({ value: this.parse(), isSpread: false });
    });
    const hasSpread = positional.some(({ isSpread }) => isSpread);
    return (scope) => {
      const values = hasSpread
        ? positional.flatMap(({ value, isSpread }) => (isSpread ? itemsOf(value(scope)) : [value(scope)]))
        : positional.map(({ value }) => value(scope));
      return named.length === 0 ? new CallArguments(values) : new CallArguments(values, readNamed(named, scope));
    };
  }

  #parseFilters(value: Expression): Expression {
    let result = value;
    for (;;) {
      if (this.#tokens.skipIf("operator", "|")) result = { evaluate: this.parseFilter(result.evaluate) };
      else if (this.#tokens.skipIf("name", "is")) result = { evaluate: this.#parseTest(result.evaluate) };
      else if (this.#tokens.skipIf("operator", "(")) result = { evaluate: this.#parseCall(result) };
      else return result;
    }
  }

  /** Parses the name and the arguments of a filter, which is applied to the value. */
  parseFilter(value: Evaluate): Evaluate {
    const name = this.#parseDottedName();
    const readArguments = this.#tokens.skipIf("operator", "(") ? this.parseArguments() : noArguments;
    return (scope) => applyFilter(requireFilter(name), value(scope), readArguments(scope));
  }

  #parseTest(value: Evaluate): Evaluate {
    const isNegated = this.#tokens.skipIf("name", "not");
    const name = this.#parseDottedName();
    const readArguments = this.#parseTestArguments();
    return (scope) => {
      takeSteps(1);
      return requireTest(name)(value(scope), readArguments(scope)) !== isNegated;
    };
  }

  #parseTestArguments(): (scope: Scope) => CallArguments {
    if (this.#tokens.skipIf("operator", "(")) return this.parseArguments();
    const hasOne =
      this.#tokens.is("string") ||
      this.#tokens.is("number") ||
      this.#tokens.is("operator", "[", "{") ||
      (this.#tokens.is("name") && !this.#tokens.is("name", "else", "or", "and", "if", "is", "not", "in"));
    if (!hasOne) return noArguments;
    const { evaluate } = this.#parsePostfix(this.#parsePrimary());
    return (scope) => new CallArguments([evaluate(scope)]);
  }

  #parseDottedName(): string {
    let name = this.#tokens.expect("name").value;
    while (this.#tokens.skipIf("operator", ".")) name += `.${this.#tokens.expect("name").value}`;
    return name;
  }
}

const NONE = new CallArguments([]);
const noArguments = (): CallArguments => NONE;

function readNamed(
  named: readonly { readonly name: string | undefined; readonly value: Evaluate }[],
  scope: Scope,
): ReadonlyMap<string, JinjaValue> {
  const values = new Map<string, JinjaValue>();
  for (const { name, value } of named) {
    const given = value(scope);
    if (name !== undefined) values.set(name, given);
    else if (isDict(given)) for (const [key, member] of given) values.set(textOf(key), member);
    else throw new TypeError("the argument behind ** must be a dictionary");
  }
  return values;
}

function asBound(value: JinjaValue): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "number") return value;
  throw new TypeError("the bounds of a slice must be integers");
}

function readNumber(text: string): JinjaValue {
  const digits = text.replaceAll("_", "");
  if (/^0[box]/i.test(digits)) return Number(digits);
  if (/[.e]/i.test(digits)) return new FloatNumber(Number(digits));
  const value = Number(digits);
  return Number.isSafeInteger(value) ? value : BigInt(digits);
}
