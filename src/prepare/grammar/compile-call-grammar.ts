import type { CallBody, CallSyntax } from "../../core/call-syntax.js";
import type { UnheldKeyword } from "../../core/output-format.js";
import type { Tool, ToolUse } from "../../core/conversation.js";
import { mayBeginWith } from "./check/parse-stacks.js";
import { type CompiledGrammar, finishGrammar } from "./finish-grammar.js";
import { type CallableTool, callOpening, callsAfterOpening } from "./call-body-grammar.js";
import { literalsGrammar } from "./literal-grammar.js";
import { parametersGrammar } from "./parameter-grammar.js";
import type { GrammarBounds } from "./rules/grammar-bounds.js";
import { EMPTY, type GrammarNode, GrammarProblem, ROOT_RULE, sequence, text } from "./rules/grammar-node.js";
import { RuleBook } from "./rules/rule-book.js";
import { compileMembers } from "./schema/compile-members.js";
import { compileSchema, type SchemaGrammar } from "./schema/compile-schema.js";
import type { Strictness } from "./schema/unheld-keywords.js";

/** The field of the tools in a chat. */
export const TOOLS_FIELD = "chat.tools";

/** The first characters of JSON values that are not objects. */
const OTHER_VALUE_STARTS = Array.from('["-0123456789tfn');
const NO_OBJECT = "must be the schema of an object and of nothing else";

/**
 * The grammar of calls may be larger than that of one schema by this factor, since it holds the schemas of all tools. 256 tools of public MCP servers take
 * 8,500 rules, 102,000 symbols and 64,000 steps of the check, and compile in 0.15 s.
 */
const CALLS_FACTOR = 4;
const MAX_CALL_STEPS = 240_000;

/**
 * Compiles the grammar of one call, or of up to `bounds.calls` calls if the caller allows several. Each call names an allowed tool, and its arguments are
 * valid for that tool's parameters. The grammar leaves call ids out, since the server makes better ones than the model.
 * @throws GrammarProblem whose subfield is the tool's, such as `[2].parameters`
 */
export function compileCallGrammar(
  use: ToolUse,
  syntax: CallSyntax,
  { strict = false, ...bounds }: GrammarBounds & { readonly strict?: boolean },
): CompiledGrammar {
  const { choice } = use;
  const strictness = strict ? "strict" : choice.type === "named" ? "restrictions" : "lenient";
  const book = new RuleBook();
  book.define(ROOT_RULE, EMPTY);
  const tools: CallableTool[] = [];
  const branchings: GrammarNode[] = [];
  const notHeld: UnheldKeyword[] = [];
  for (const [index, tool] of use.tools.entries()) {
    if (choice.type === "named" && choice.name !== tool.name) continue;
    const args = argumentsOf(book, tool, { body: syntax.body, subfield: `[${index}]`, bounds, strictness });
    branchings.push(...args.branchings);
    notHeld.push(...args.notHeld);
    tools.push({ name: tool.name, args: args.node });
  }
  if (tools.length === 0) throw new GrammarProblem("contains no tool with the name that must be called");
  const calls = callsAfterOpening(book, syntax, { tools, most: use.parallel ? bounds.calls : 1 });
  book.define(ROOT_RULE, sequence(text(callOpening(syntax)), calls));
  const facts = { branchings, notHeld, maxSteps: MAX_CALL_STEPS };
  return finishGrammar(book.rules, boundsOfCalls(bounds), facts);
}

function boundsOfCalls(bounds: GrammarBounds): GrammarBounds {
  const { rules, symbols, writtenBytes } = bounds;
  return {
    ...bounds,
    rules: rules * CALLS_FACTOR,
    symbols: symbols * CALLS_FACTOR,
    writtenBytes: writtenBytes * CALLS_FACTOR,
  };
}

interface Arguments extends Pick<SchemaGrammar, "node" | "branchings"> {
  readonly notHeld: readonly UnheldKeyword[];
}

interface ArgumentOptions {
  readonly body: CallBody;
  readonly subfield: string;
  readonly bounds: GrammarBounds;
  readonly strictness: Strictness;
}

function argumentsOf(book: RuleBook, tool: Tool, options: ArgumentOptions): Arguments {
  const field = `${options.subfield}.parameters`;
  try {
    const { node, branchings, notHeld } = compileArguments(book, tool.parameters, options);
    return {
      node: book.add("arguments", node),
      branchings,
      notHeld: notHeld.map((keyword) => ({ field: `${TOOLS_FIELD}${field}`, ...keyword })),
    };
  } catch (error) {
    if (error instanceof GrammarProblem) throw new GrammarProblem(error.message, field);
    throw error;
  }
}

/** The arguments in the form of the body: as a JSON object, or one by one. */
function compileArguments(
  book: RuleBook,
  schema: string,
  { body, bounds, strictness }: ArgumentOptions,
): Pick<SchemaGrammar, "node" | "branchings" | "notHeld"> {
  if (body.type === "parameters" || body.type === "literal") {
    const members = compileMembers(book, schema, { bounds, strictness });
    if (members.types?.includes("object") === false) throw new GrammarProblem(NO_OBJECT);
    const node =
      body.type === "literal" ? literalsGrammar(book, members, body) : parametersGrammar(book, members, body.parameter);
    return { node, branchings: members.branchings, notHeld: members.finish() };
  }
  const compiled = compileSchema(book, schema, { bounds, isObject: true, strictness });
  const other = OTHER_VALUE_STARTS.find((char) => mayBeginWith(book.rules, compiled.node, char));
  if (other !== undefined) throw new GrammarProblem(NO_OBJECT);
  return compiled;
}
