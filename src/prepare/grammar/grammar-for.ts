import type { RequestedConstraint } from "../../core/generation-request.js";
import type { OutputFormat } from "../../core/output-format.js";
import type { ToolUse } from "../../core/conversation.js";
import { InputRefusal } from "../../core/generation-error.js";
import { compileCallGrammar, TOOLS_FIELD } from "./compile-call-grammar.js";
import type { CompiledGrammars } from "./compiled-grammars.js";
import type { GrammarBounds } from "./rules/grammar-bounds.js";
import { EMPTY, GrammarProblem, ROOT_RULE } from "./rules/grammar-node.js";
import { mayBeginWith } from "./check/parse-stacks.js";
import { type CompiledGrammar, finishGrammar } from "./finish-grammar.js";
import { readGbnf } from "./gbnf/read-gbnf.js";
import { anyObject } from "./json/value-grammar.js";
import { Language } from "./regex/language.js";
import { writeText } from "./regex/write-language.js";
import { RuleBook, textChoice } from "./rules/rule-book.js";
import { compileSchema } from "./schema/compile-schema.js";
import type { Strictness } from "./schema/unheld-keywords.js";

const SCHEMA_FIELD = "json_schema";

/** The parts of a request that may need a grammar. */
export interface GrammarRequest {
  readonly constraint: RequestedConstraint | undefined;
  readonly tools: ToolUse | undefined;
  /** The way the model's template marks calls. undefined means that no template is rendered. */
  readonly format: OutputFormat | undefined;
  readonly bounds: GrammarBounds;
  /** Whether a schema is refused if the grammar does not hold each of its keywords. The default is false. */
  readonly strict?: boolean | undefined;
}

/**
 * The grammar of the constraint, or of the calls if the model must call a tool. undefined means that the output is free. The grammar is known to compile
 * natively. A new one takes some tens of milliseconds at worst, without a pause; the prepare worker calls this.
 * @throws InputRefusal with the field, the position in it and the bound
 */
export function grammarFor(grammars: CompiledGrammars, request: GrammarRequest): CompiledGrammar | undefined {
  const { constraint, tools, bounds, strict = false } = request;
  if (constraint !== undefined) {
    return orRefuse(constraint.type, () =>
      grammars.get(JSON.stringify([constraint, bounds, strict]), () =>
        compileConstraint(constraint, { ...bounds, strict }),
      ),
    );
  }
  const isForced = tools !== undefined && (tools.choice.type === "required" || tools.choice.type === "named");
  if (!isForced) return undefined;
  const syntax = request.format?.calls[0];
  if (syntax === undefined) {
    throw new InputRefusal(TOOLS_FIELD, "cannot be forced, because it is unknown how this model writes calls");
  }
  return orRefuse(TOOLS_FIELD, () =>
    grammars.get(JSON.stringify([tools, syntax, bounds, strict]), () =>
      compileCallGrammar(tools, syntax, { ...bounds, strict }),
    ),
  );
}

function orRefuse(field: string, compile: () => CompiledGrammar): CompiledGrammar {
  try {
    return compile();
  } catch (error) {
    if (error instanceof GrammarProblem) throw new InputRefusal(`${field}${error.subfield}`, error.message);
    throw error;
  }
}

/**
 * Compiles a constraint to GBNF, which is not compiled natively yet.
 * @throws GrammarProblem
 */
export function compileConstraint(
  constraint: RequestedConstraint,
  { strict = false, ...bounds }: GrammarBounds & { readonly strict?: boolean },
): CompiledGrammar {
  switch (constraint.type) {
    case "json_schema":
      return compileJsonSchema(constraint.schema, bounds, strict ? "strict" : "restrictions");
    case "json_object": {
      const book = new RuleBook();
      book.define(ROOT_RULE, anyObject(book));
      return finishGrammar(book.rules, bounds, { branchings: [] });
    }
    case "choices":
      return compileChoices(constraint.choices, bounds);
    case "gbnf": {
      const bytes = Buffer.byteLength(constraint.grammar);
      if (bytes > bounds.bytes) throw new GrammarProblem(`has ${bytes} bytes; at most ${bounds.bytes} are allowed`);
      return finishGrammar(readGbnf(constraint.grammar, bounds), bounds);
    }
    case "regex":
      return compileRegex(constraint.pattern, bounds);
  }
}

function compileJsonSchema(schema: string, bounds: GrammarBounds, strictness: Strictness): CompiledGrammar {
  const book = new RuleBook();
  book.define(ROOT_RULE, EMPTY);
  const { node, branchings, nameOf, isFixed, ...compiled } = compileSchema(book, schema, { bounds, strictness });
  book.define(ROOT_RULE, node);
  const notHeld = compiled.notHeld.map((keyword) => ({ field: SCHEMA_FIELD, ...keyword }));
  const grammar = finishGrammar(book.rules, bounds, { branchings, nameOf, notHeld });
  // A number is the only JSON value that can be the beginning of another.
  const mayBeNumber = Array.from("-0123456789").some((char) => mayBeginWith(book.rules, node, char));
  return { ...grammar, prefixFree: grammar.prefixFree && (isFixed || !mayBeNumber) };
}

function compileRegex(pattern: string, bounds: GrammarBounds): CompiledGrammar {
  const language = Language.ofPattern(pattern, { isWhole: true });
  if (!language.isEmpty && language.isWithin(Language.ofTexts([""]))) {
    throw new GrammarProblem("matches no text apart from the empty one");
  }
  const book = new RuleBook();
  book.define(ROOT_RULE, EMPTY);
  book.define(ROOT_RULE, writeText(book, language));
  return finishGrammar(book.rules, bounds, { branchings: [] });
}

function compileChoices(choices: readonly string[], bounds: GrammarBounds): CompiledGrammar {
  if (choices.length === 0) throw new GrammarProblem("must contain at least one choice");
  if (choices.length > bounds.choices) {
    throw new GrammarProblem(`has ${choices.length} choices; at most ${bounds.choices} are allowed`);
  }
  for (const [index, choice] of choices.entries()) {
    const bytes = Buffer.byteLength(choice);
    if (choice === "") throw new GrammarProblem("must not be empty", `[${index}]`);
    if (bytes > bounds.choiceBytes) {
      throw new GrammarProblem(`has ${bytes} bytes; at most ${bounds.choiceBytes} are allowed`, `[${index}]`);
    }
    if (/\0|\p{Surrogate}/u.test(choice)) {
      throw new GrammarProblem("contains U+0000 or half a surrogate pair, which no output can contain", `[${index}]`);
    }
  }
  const book = new RuleBook();
  book.define(ROOT_RULE, EMPTY);
  book.define(
    ROOT_RULE,
    textChoice(
      book,
      choices.map((choice) => [choice, EMPTY] as const),
    ),
  );
  return finishGrammar(book.rules, bounds, { branchings: [] });
}
