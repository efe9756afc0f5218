import type { CallBody, CallSyntax, UnheldKeyword } from "../../core/output-format.js";
import type { Tool, ToolUse } from "../../core/conversation.js";
import { mayBeginWith } from "./check/parse-stacks.js";
import { type CompiledGrammar, finishGrammar } from "./finish-grammar.js";
import { BLANK, COLON, COMMA } from "./json/value-grammar.js";
import type { GrammarBounds } from "./rules/grammar-bounds.js";
import { EMPTY, type GrammarNode, GrammarProblem, optional, ROOT_RULE, sequence, text } from "./rules/grammar-node.js";
import { RuleBook, type TextEntry, textChoice } from "./rules/rule-book.js";
import { compileSchema, type SchemaGrammar } from "./schema/compile-schema.js";
import type { Strictness } from "./schema/unheld-keywords.js";

/** The field of the tools in a chat. */
export const TOOLS_FIELD = "chat.tools";

/** Models that mark their calls often put them on lines of their own. */
const NEWLINE: GrammarNode = optional(text("\n"));

/** The first characters of JSON values that are not objects. */
const OTHER_VALUE_STARTS = Array.from('["-0123456789tfn');

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
  const calls: TextEntry[] = [];
  const branchings: GrammarNode[] = [];
  const notHeld: UnheldKeyword[] = [];
  for (const [index, tool] of use.tools.entries()) {
    if (choice.type === "named" && choice.name !== tool.name) continue;
    const args = argumentsOf(book, tool, { subfield: `[${index}]`, bounds, strictness });
    branchings.push(...args.branchings);
    notHeld.push(...args.notHeld);
    calls.push(callOf(syntax.body, tool, args.node));
  }
  if (calls.length === 0) throw new GrammarProblem("contains no tool with the name that must be called");
  const call = book.add("call", textChoice(book, calls));
  const most = use.parallel ? bounds.calls : 1;
  const begin = beginMark(syntax.sectionBegin);
  const end = endMark(syntax.sectionEnd);
  book.define(ROOT_RULE, sequence(begin, callsOf(book, syntax.body, { call, most }), end));
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

function argumentsOf(
  book: RuleBook,
  tool: Tool,
  { subfield, bounds, strictness }: { subfield: string; bounds: GrammarBounds; strictness: Strictness },
): Arguments {
  const field = `${subfield}.parameters`;
  try {
    const { node, branchings, notHeld } = compileSchema(book, tool.parameters, { bounds, isObject: true, strictness });
    const other = OTHER_VALUE_STARTS.find((char) => mayBeginWith(book.rules, node, char));
    if (other !== undefined) throw new GrammarProblem("must be the schema of an object and of nothing else");
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

/** A call after its opening mark. The tool's name is given as text, since names may begin alike. */
function callOf(body: CallBody, tool: Tool, args: GrammarNode): TextEntry {
  if (body.type === "named") {
    const blank = body.middle === "" ? EMPTY : NEWLINE;
    return [`${tool.name}${body.middle}`, sequence(blank, args)];
  }
  const key = JSON.stringify(body.keys.arguments[0] ?? "arguments");
  return [JSON.stringify(tool.name), sequence(COMMA, text(key), COLON, args, text("}"))];
}

function callsOf(book: RuleBook, body: CallBody, { call, most }: { call: GrammarNode; most: number }): GrammarNode {
  const count = { min: 1, max: most };
  if (body.type === "named") {
    const one = book.add("marked", sequence(text(body.begin), call, endMark(body.end)));
    return book.list(one, separatorOf(body.separator, body.begin), count);
  }
  const whole = sequence(text("{"), text(JSON.stringify(body.keys.name)), COLON, call);
  if (body.type === "array") return sequence(text("["), book.list(book.add("element", whole), COMMA, count), text("]"));
  const one = book.add("marked", sequence(beginMark(body.begin), whole, endMark(body.end)));
  return book.list(one, separatorOf(body.separator, body.begin), count);
}

function beginMark(begin: string): GrammarNode {
  return begin === "" ? EMPTY : sequence(text(begin), NEWLINE);
}

function endMark(end: string): GrammarNode {
  return end === "" ? EMPTY : sequence(NEWLINE, text(end));
}

/** The text between two calls: the syntax's separator with an optional blank after it, or else at most a new line. */
function separatorOf(separator: string, begin: string): GrammarNode {
  if (separator.trim() !== "") return sequence(text(separator), begin.startsWith(" ") ? EMPTY : BLANK);
  return separator === "" ? NEWLINE : optional(text(separator));
}
