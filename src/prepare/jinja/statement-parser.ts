import { ExpressionParser } from "./expression-parser.js";
import { createMacro, type Parameter, runLoop } from "./blocks.js";
import { readTokens } from "./lexer.js";
import { type Evaluate, type Execute, inOrder, type Scope } from "./scope.js";
import { textOf } from "./show-value.js";
import { TokenStream } from "./token-stream.js";
import { callValue, getAttribute } from "./operators.js";
import { CallArguments, isTrue, itemsOf, type JinjaFunction, type JinjaValue, Namespace, typeName } from "./values.js";
import { takeCharacters } from "./render-work.js";

/** Sets a variable, several of them, or an attribute of a namespace. */
type Assign = (scope: Scope, value: JinjaValue) => void;

/** Parses a template into a function that renders it. @throws TemplateError */
export function parseTemplate(source: string): Execute {
  return new StatementParser(new TokenStream(readTokens(source))).parseAll();
}

class StatementParser {
  readonly #tokens: TokenStream;
  readonly #expressions: ExpressionParser;

  constructor(tokens: TokenStream) {
    this.#tokens = tokens;
    this.#expressions = new ExpressionParser(tokens);
  }

  parseAll(): Execute {
    return this.#parseBody();
  }

  /** Parses up to a tag with one of these names, or to the end of the template. The tag's own name is read. */
  #parseBody(...ends: readonly string[]): Execute {
    const statements: Execute[] = [];
    for (;;) {
      const token = this.#tokens.current;
      if (token.type === "data") {
        this.#tokens.next();
        statements.push(writeText(token.value));
      } else if (token.type === "print") {
        this.#tokens.next();
        statements.push(printValue(this.#expressions.parseTuple(), token.line));
        this.#tokens.expect("print_end");
      } else if (token.type === "tag" && !this.#tokens.isSecond("name", ...NEVER, ...ends)) {
        this.#tokens.next();
        statements.push(atLine(this.#parseTag(), token.line));
      } else {
        if (token.type === "end" && ends.length > 0) throw this.#tokens.error(`${quoteAll(ends)} is missing`);
        return inOrder(statements);
      }
    }
  }

  /** Parses a body and the tag that ends it, and returns the name of that tag. */
  #parseUntil(...ends: readonly string[]): { body: Execute; end: string } {
    const body = this.#parseBody(...ends);
    this.#tokens.expect("tag");
    return { body, end: this.#tokens.next().value };
  }

  #parseBlock(end: string): Execute {
    this.#tokens.expect("tag_end");
    const { body } = this.#parseUntil(end);
    this.#tokens.expect("tag_end");
    return body;
  }

  #parseTag(): Execute {
    const { value, line } = this.#tokens.expect("name");
    switch (value) {
      case "if":
        return this.#parseIf();
      case "for":
        return this.#parseFor(line);
      case "set":
        return this.#parseSet();
      case "macro":
        return this.#parseMacro();
      case "call":
        return this.#parseCallBlock();
      case "filter":
        return this.#parseFilterBlock();
      case "with":
        return this.#parseWith();
      case "generation":
        return this.#parseBlock("endgeneration");
      case "break":
      case "continue":
        this.#tokens.expect("tag_end");
        return () => value;
      default:
        throw this.#tokens.error(`there is no tag named ${value}`);
    }
  }

  #parseIf(): Execute {
    const test = this.#expressions.parseTuple({ withCondition: false });
    this.#tokens.expect("tag_end");
    const { body, end } = this.#parseUntil("elif", "else", "endif");
    const otherwise = this.#parseElse(end);
    return (scope) => (isTrue(test(scope)) ? body(scope) : otherwise?.(scope));
  }

  #parseElse(end: string): Execute | undefined {
    if (end === "elif") return this.#parseIf();
    this.#tokens.expect("tag_end");
    if (end === "endif") return undefined;
    const { body } = this.#parseUntil("endif");
    this.#tokens.expect("tag_end");
    return body;
  }

  #parseFor(line: number): Execute {
    const assign = this.#parseTarget("in");
    this.#tokens.expect("name", "in");
    const iterable = this.#expressions.parseTuple({ withCondition: false });
    const test = this.#tokens.skipIf("name", "if") ? this.#expressions.parse() : undefined;
    if (this.#tokens.is("name", "recursive")) throw this.#tokens.error("loops cannot be recursive");
    this.#tokens.expect("tag_end");
    const { body, end } = this.#parseUntil("else", "endfor");
    this.#tokens.expect("tag_end");
    const otherwise = end === "else" ? this.#parseLoopElse() : undefined;
    return (scope) => {
      let items = itemsOf(iterable(scope));
      if (test !== undefined) {
        items = items.filter((item) => {
          const inner = scope.inner();
          assign(inner, item);
          return isTrue(test(inner));
        });
      }
      scope.state.line = line;
      if (items.length === 0) return otherwise?.(scope.inner());
      runLoop(items, { scope, assign, body });
      return undefined;
    };
  }

  #parseLoopElse(): Execute {
    const { body } = this.#parseUntil("endfor");
    this.#tokens.expect("tag_end");
    return body;
  }

  #parseSet(): Execute {
    const assign = this.#parseTarget("=");
    if (this.#tokens.skipIf("operator", "=")) {
      const value = this.#expressions.parseTuple();
      this.#tokens.expect("tag_end");
      return (scope) => {
        assign(scope, value(scope));
        return undefined;
      };
    }
    let filtered: Evaluate = (scope) => scope.get(BODY);
    while (this.#tokens.skipIf("operator", "|")) filtered = this.#expressions.parseFilter(filtered);
    const body = this.#parseBlock("endset");
    return (scope) => {
      const inner = scope.inner({ text: "" });
      inner.set(BODY, capture(scope, body));
      assign(scope, filtered(inner));
      return undefined;
    };
  }

  /** Parses the target of an assignment up to `end`. */
  #parseTarget(end: "in" | "="): Assign {
    const targets = [this.#parseOneTarget()];
    let isTuple = false;
    while (this.#tokens.skipIf("operator", ",")) {
      isTuple = true;
      if (this.#tokens.is(end === "in" ? "name" : "operator", end)) break;
      targets.push(this.#parseOneTarget());
    }
    const [only] = targets;
    if (!isTuple && only !== undefined) return only;
    return (scope, value) => {
      const items = itemsOf(value);
      if (items.length !== targets.length) {
        throw new TypeError(`cannot set ${targets.length} variables to ${items.length} values`);
      }
      for (const [index, target] of targets.entries()) target(scope, items[index]);
    };
  }

  #parseOneTarget(): Assign {
    if (this.#tokens.skipIf("operator", "(")) {
      const target = this.#parseTarget("=");
      this.#tokens.expect("operator", ")");
      return target;
    }
    const name = this.#tokens.expect("name").value;
    if (!this.#tokens.skipIf("operator", ".")) return (scope, value) => scope.set(name, value);
    const attribute = this.#tokens.expect("name").value;
    return (scope, value) => {
      const object = scope.get(name);
      if (!(object instanceof Namespace)) {
        throw new TypeError(`cannot set an attribute of ${name}, which is ${typeName(object)} and no namespace`);
      }
      object.attributes.set(attribute, value);
    };
  }

  #parseMacro(): Execute {
    const name = this.#tokens.expect("name").value;
    this.#tokens.expect("operator", "(");
    const parameters = this.#parseParameters();
    let body: Execute = inOrder([]);
    const names = this.#expressions.namesDuring(() => (body = this.#parseBlock("endmacro")));
    return (scope) => {
      scope.set(name, createMacro({ name, parameters, names, body }, scope));
      return undefined;
    };
  }

  #parseParameters(): Parameter[] {
    const parameters: Parameter[] = [];
    while (!this.#tokens.skipIf("operator", ")")) {
      if (parameters.length > 0) this.#tokens.expect("operator", ",");
      const name = this.#tokens.expect("name").value;
      const otherwise = this.#tokens.skipIf("operator", "=") ? this.#expressions.parse() : undefined;
      parameters.push({ name, otherwise });
    }
    return parameters;
  }

  /** Parses `{% call %}`, which hands its body to a macro as `caller`. */
  #parseCallBlock(): Execute {
    const parameters = this.#tokens.skipIf("operator", "(") ? this.#parseParameters() : [];
    const name = this.#tokens.expect("name").value;
    const members: string[] = [];
    while (this.#tokens.skipIf("operator", ".")) members.push(this.#tokens.expect("name").value);
    this.#tokens.expect("operator", "(");
    const readArguments = this.#expressions.parseArguments();
    let body: Execute = inOrder([]);
    const names = this.#expressions.namesDuring(() => (body = this.#parseBlock("endcall")));
    return (scope) => {
      const { positional, named } = readArguments(scope);
      const caller: JinjaFunction = createMacro({ name: "caller", parameters, names, body }, scope);
      const called = members.reduce((object, member) => getAttribute(object, member), scope.get(name));
      const args = new CallArguments(positional, new Map([...named, ["caller", caller]]));
      write(scope, callValue(called, name, args));
      return undefined;
    };
  }

  #parseFilterBlock(): Execute {
    let filtered = this.#expressions.parseFilter((scope) => scope.get(BODY));
    while (this.#tokens.skipIf("operator", "|")) filtered = this.#expressions.parseFilter(filtered);
    const body = this.#parseBlock("endfilter");
    return (scope) => {
      const inner = scope.inner();
      inner.set(BODY, capture(scope, body));
      write(scope, filtered(inner));
      return undefined;
    };
  }

  #parseWith(): Execute {
    const assignments: { readonly assign: Assign; readonly value: Evaluate }[] = [];
    while (!this.#tokens.is("tag_end")) {
      if (assignments.length > 0) this.#tokens.expect("operator", ",");
      const assign = this.#parseOneTarget();
      this.#tokens.expect("operator", "=");
      assignments.push({ assign, value: this.#expressions.parse() });
    }
    const body = this.#parseBlock("endwith");
    return (scope) => {
      const inner = scope.inner();
      for (const { assign, value } of assignments) assign(inner, value(scope));
      return body(inner);
    };
  }
}

/** The variable that holds the body of a block while filters change it. No template can name it. */
const BODY = " body";
/** A name that no tag has, since a body without an end would otherwise end at any tag. */
const NEVER = [""];

function quoteAll(names: readonly string[]): string {
  return names.map((name) => `{% ${name} %}`).join(" or ");
}

function capture(scope: Scope, body: Execute): string {
  const output = { text: "" };
  body(scope.inner(output));
  return output.text;
}

function write(scope: Scope, value: JinjaValue): void {
  const text = textOf(value);
  takeCharacters(text.length);
  scope.output.text += text;
}

function writeText(text: string): Execute {
  return (scope) => {
    takeCharacters(text.length);
    scope.output.text += text;
    return undefined;
  };
}

function printValue(evaluate: Evaluate, line: number): Execute {
  return (scope) => {
    scope.state.line = line;
    write(scope, evaluate(scope));
    return undefined;
  };
}

function atLine(execute: Execute, line: number): Execute {
  return (scope) => {
    scope.state.line = line;
    return execute(scope);
  };
}
