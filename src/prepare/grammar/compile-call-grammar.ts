import type { OutputGrammar } from "../../core/constraint.js";
import type { CallBody, CallSyntax } from "../../core/output-format.js";
import type { Tool, ToolUse } from "../../core/tool.js";
import { compileSchema, type SchemaGrammar } from "./compile-schema.js";
import { finishGrammar } from "./finish-grammar.js";
import type { GrammarBounds } from "./grammar-bounds.js";
import { EMPTY, type GrammarNode, optional, ROOT_RULE, sequence, text } from "./grammar-node.js";
import { GrammarProblem } from "./grammar-problem.js";
import { mayBegin } from "./grammar-walk.js";
import { BLANK, COLON, COMMA } from "./json-value-grammar.js";
import { RuleBook } from "./rule-book.js";
import { textChoice } from "./text-choice.js";

export interface CallGrammarBounds extends GrammarBounds {
  /** Calls of one output. */
  readonly calls: number;
}

/** Models that mark their calls like to put them on lines of their own. */
const NEWLINE: GrammarNode = optional(text("\n"));

/**
 * The grammar of one valid call, or of up to `bounds.calls` where the caller allows several, of the tools that may be chosen. Arguments fit their tool's
 * parameters. A call's id is left out: one that a model would make up is worth no more than the server's own.
 * @throws GrammarProblem whose subfield is the tool's, such as `[2].parameters`
 */
export function compileCallGrammar(use: ToolUse, syntax: CallSyntax, bounds: CallGrammarBounds): OutputGrammar {
  const { choice } = use;
  const book = new RuleBook();
  book.define(ROOT_RULE, EMPTY);
  const calls: (readonly [string, GrammarNode])[] = [];
  const branchings: GrammarNode[] = [];
  for (const [index, tool] of use.tools.entries()) {
    if (choice.type === "named" && choice.name !== tool.name) continue;
    const args = argumentsOf(book, tool, { subfield: `[${index}]`, bounds });
    branchings.push(...args.branchings);
    calls.push(callOf(syntax.body, tool, args.node));
  }
  if (calls.length === 0) throw new GrammarProblem("has no tool of the name that is to be called");
  const call = book.add("call", textChoice(book, calls));
  const most = use.parallel ? bounds.calls : 1;
  const begin = marked(syntax.sectionBegin);
  const end = syntax.sectionEnd === "" ? EMPTY : sequence(NEWLINE, text(syntax.sectionEnd));
  book.define(ROOT_RULE, sequence(begin, callsOf(book, syntax.body, { call, most }), end));
  return finishGrammar(book.rules, bounds, { branchings });
}

type Arguments = Pick<SchemaGrammar, "node" | "branchings">;

function argumentsOf(
  book: RuleBook,
  tool: Tool,
  { subfield, bounds }: { subfield: string; bounds: GrammarBounds },
): Arguments {
  try {
    const { node, branchings } = compileSchema(book, tool.parameters, { bounds, ofObject: true });
    const other = Array.from('["-0123456789tfn').find((char) => mayBegin(book.rules, node, char));
    if (other !== undefined) throw new GrammarProblem("must describe an object and nothing else");
    return { node: book.add("arguments", node), branchings };
  } catch (error) {
    if (error instanceof GrammarProblem) throw new GrammarProblem(error.message, `${subfield}.parameters`);
    throw error;
  }
}

/** The call from its first character that is not a mark: up to the tool's name as text, since names may begin alike. */
function callOf(body: CallBody, tool: Tool, args: GrammarNode): readonly [string, GrammarNode] {
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
    return book.list(one, separated(body.separator, body.begin), count);
  }
  const whole = sequence(text("{"), text(JSON.stringify(body.keys.name)), COLON, call);
  if (body.type === "array") return sequence(text("["), book.list(book.add("element", whole), COMMA, count), text("]"));
  const one = book.add("marked", sequence(marked(body.begin), whole, endMark(body.end)));
  return book.list(one, separated(body.separator, body.begin), count);
}

function marked(begin: string): GrammarNode {
  return begin === "" ? EMPTY : sequence(text(begin), NEWLINE);
}

function endMark(end: string): GrammarNode {
  return end === "" ? EMPTY : sequence(NEWLINE, text(end));
}

/** What stands between two calls: with a separator, a blank after it; without, at most a new line. */
function separated(separator: string, begin: string): GrammarNode {
  if (separator.trim() !== "") return sequence(text(separator), begin.startsWith(" ") ? EMPTY : BLANK);
  return separator === "" ? NEWLINE : optional(text(separator));
}
