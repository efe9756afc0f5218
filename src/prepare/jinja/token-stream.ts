import type { TemplateToken } from "./lexer.js";
import { TemplateError } from "./template-error.js";

type TokenType = TemplateToken["type"];

/** The tokens of a template, read from the beginning to the end. */
export class TokenStream {
  readonly #tokens: readonly TemplateToken[];
  #index = 0;

  /** @param tokens the tokens, with `end` as the last one */
  constructor(tokens: readonly TemplateToken[]) {
    this.#tokens = tokens;
  }

  get current(): TemplateToken {
    return this.#peek(0);
  }

  #peek(ahead: number): TemplateToken {
    const token = this.#tokens[Math.min(this.#index + ahead, this.#tokens.length - 1)];
    if (token === undefined) throw new Error("a token stream needs an end");
    return token;
  }

  /** Whether the next token is of a type and, if given, one of these values. */
  is(type: TokenType, ...values: readonly string[]): boolean {
    return isToken(this.current, type, values);
  }

  /** Whether the token after the next one is of a type and of a value. */
  isSecond(type: TokenType, ...values: readonly string[]): boolean {
    return isToken(this.#peek(1), type, values);
  }

  next(): TemplateToken {
    const token = this.current;
    this.#index++;
    return token;
  }

  skipIf(type: TokenType, ...values: readonly string[]): boolean {
    if (!this.is(type, ...values)) return false;
    this.#index++;
    return true;
  }

  /** @throws TemplateError when the next token is another one */
  expect(type: TokenType, ...values: readonly string[]): TemplateToken {
    if (this.is(type, ...values)) return this.next();
    const wanted = values.length === 0 ? NAMES[type] : values.map((value) => JSON.stringify(value)).join(" or ");
    throw this.error(`expected ${wanted}, not ${describe(this.current)}`);
  }

  error(message: string): TemplateError {
    return new TemplateError(message, { line: this.current.line });
  }

  unexpected(): TemplateError {
    return this.error(`unexpected ${describe(this.current)}`);
  }
}

const NAMES: Readonly<Record<TokenType, string>> = {
  data: "text",
  tag: '"{%"',
  tag_end: '"%}"',
  print: '"{{"',
  print_end: '"}}"',
  name: "a name",
  string: "a string",
  number: "a number",
  operator: "an operator",
  end: "the end of the template",
};

function isToken(token: TemplateToken, type: TokenType, values: readonly string[]): boolean {
  return token.type === type && (values.length === 0 || values.includes(token.value));
}

function describe({ type, value }: TemplateToken): string {
  return value === "" || type === "data" ? NAMES[type] : JSON.stringify(value);
}
