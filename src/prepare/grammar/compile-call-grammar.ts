import type { CallBody, CallSyntax } from "../../core/call-syntax.js";
import type { UnheldKeyword } from "../../core/output-format.js";
import { allowsParallelCalls, type Tool, type ToolUse } from "../../core/conversation.js";
import { mayBeginWith } from "./check/parse-stacks.js";
import { type CompiledGrammar, finishGrammar, type GeneratedFacts } from "./finish-grammar.js";
import { type CallableTool, callOpening, callsAfterOpening } from "./call-body-grammar.js";
import { literalsGrammar } from "./literal-grammar.js";
import { parametersGrammar } from "./parameter-grammar.js";
import type { GrammarBounds } from "./rules/grammar-bounds.js";
import { EMPTY, type GrammarNode, GrammarProblem, ROOT_RULE, sequence, text } from "./rules/grammar-node.js";
import { reachableRules } from "./rules/reachable-rules.js";
import { RuleBook } from "./rules/rule-book.js";
import { compileMembers } from "./schema/compile-members.js";
import { compileSchema, type SchemaGrammar } from "./schema/compile-schema.js";
import { SchemaWork } from "./schema/schema-work.js";
import type { Strictness } from "./schema/unheld-keywords.js";

/** The field of the tools in a chat. */
export const TOOLS_FIELD = "chat.tools";

/** The first characters of JSON values that are not objects. */
const OTHER_VALUE_STARTS = Array.from('["-0123456789tfn');
const NO_OBJECT = "must be the schema of an object and of nothing else";

interface CallGrammarOptions extends GrammarBounds {
  readonly strict?: boolean;
  /** The text at the end of the prompt with which the calls begin. Default: none. */
  readonly opened?: string | undefined;
}

/**
 * The grammar of calls may be larger than that of one schema by this factor, since it holds the schemas of all tools. 256 tools of public MCP servers take
 * up to 8,500 rules, 102,000 symbols and 64,000 steps of the check, and compile in 0.3 s.
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
  { strict = false, opened = "", ...bounds }: CallGrammarOptions,
): CompiledGrammar {
  const strictness = strict ? "strict" : use.choice.type === "named" ? "restrictions" : "lenient";
  return freeingLargest({ tools: use.tools, strictness }, ({ free, book, ...shared }) => {
    book.define(ROOT_RULE, EMPTY);
    const { tools, ...facts } = addTools(book, { use, body: syntax.body, bounds, strictness, free, ...shared });
    const calls = callsAfterOpening(book, syntax, { tools, most: allowsParallelCalls(use) ? bounds.calls : 1 });
    book.define(ROOT_RULE, sequence(text(openingAfter(opened, syntax)), calls));
    return finishCalls(book, bounds, facts);
  });
}

/** The rest of the text that opens calls in their first form, after a prompt that ends with `opened`. */
export function openingAfter(opened: string, syntax: CallSyntax): string {
  const opening = callOpening(syntax);
  return opening.startsWith(opened) ? opening.slice(opened.length) : opening;
}

/** Checks and writes a grammar that holds the schemas of several tools, without the rules of earlier tries. @throws GrammarProblem */
export function finishCalls(book: RuleBook, bounds: GrammarBounds, facts: GeneratedFacts): CompiledGrammar {
  const rules = reachableRules(book.rules, facts.branchings);
  return finishGrammar(rules, boundsOfCalls(bounds), { ...facts, maxSteps: MAX_CALL_STEPS });
}

/** The tools whose arguments are any objects, by their position, and why they are. */
type FreeTools = ReadonlyMap<number, string>;

/** SharedWork is what all tries to compile the tools of a request use. A tool is compiled once in each form. */
interface SharedWork {
  readonly book: RuleBook;
  readonly work: SchemaWork;
  /** The compiled arguments by the form of calls and the position of the tool. */
  readonly compiled: Map<CallBody, Map<number, Arguments>>;
}

/** One try to compile the tools of a request. */
interface ToolsTry extends SharedWork {
  readonly free: FreeTools;
}

/**
 * Compiles a grammar of tools, and frees the arguments of the largest ones where all of them are too much for one grammar.
 * @throws GrammarProblem if even the names are too much, or if the caller wants every keyword held
 */
export function freeingLargest(
  { tools, strictness }: { tools: readonly Tool[]; strictness: Strictness },
  compile: (attempt: ToolsTry) => CompiledGrammar,
): CompiledGrammar {
  const largest = [...tools.entries()].sort(([, one], [, other]) => other.parameters.length - one.parameters.length);
  const shared: SharedWork = { book: new RuleBook(), work: new SchemaWork(), compiled: new Map() };
  let reason = "";
  for (let count = 0; ; count = count === 0 ? 1 : Math.min(count * 2, tools.length)) {
    try {
      return compile({ ...shared, free: new Map(largest.slice(0, count).map(([index]) => [index, reason])) });
    } catch (error) {
      if (!(error instanceof GrammarProblem) || strictness !== "lenient" || count >= tools.length) throw error;
      reason = `the arguments are any object, because the grammar of all tools ${error.message}`;
    }
  }
}

interface ToolsOptions extends Omit<ArgumentOptions, "index" | "problem">, Omit<ToolsTry, "book"> {
  readonly use: ToolUse;
}

/** The tools that may be called, with the rules of their arguments in a book. */
interface ToolsGrammar extends Omit<Arguments, "node"> {
  readonly tools: readonly CallableTool[];
}

/**
 * Puts the rules of the tools' arguments in the book, in the form of the body.
 * @throws GrammarProblem whose subfield is the tool's, such as `[2].parameters`
 */
export function addTools(book: RuleBook, { use, free, compiled, ...options }: ToolsOptions): ToolsGrammar {
  const { choice } = use;
  const tools: CallableTool[] = [];
  const branchings: GrammarNode[] = [];
  const notHeld: UnheldKeyword[] = [];
  const known = compiled.get(options.body) ?? new Map<number, Arguments>();
  compiled.set(options.body, known);
  for (const [index, tool] of use.tools.entries()) {
    if (choice.type === "named" && choice.name !== tool.name) continue;
    const problem = free.get(index);
    const kept = problem === undefined ? known.get(index) : undefined;
    const args = kept ?? argumentsOf(book, tool, { ...options, index, problem });
    if (problem === undefined) known.set(index, args);
    branchings.push(...args.branchings);
    notHeld.push(...args.notHeld);
    tools.push({ name: tool.name, args: args.node });
  }
  if (tools.length === 0) throw new GrammarProblem("contains no tool with the name that must be called");
  return { tools, branchings, notHeld };
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
  /** The position of the tool. */
  readonly index: number;
  readonly bounds: GrammarBounds;
  readonly strictness: Strictness;
  readonly work: SchemaWork;
  /** The reason why the arguments are any object. undefined means that they are valid for the parameters. */
  readonly problem: string | undefined;
}

/** The arguments of a tool. Where no grammar can hold them they are any object, unless the caller wants this tool or every keyword held. */
function argumentsOf(book: RuleBook, tool: Tool, options: ArgumentOptions): Arguments {
  const { index, strictness, problem } = options;
  if (problem !== undefined) return anyArguments(book, problem, options);
  try {
    return book.attempt(() => located(book, compileArguments(book, tool.parameters, options), index));
  } catch (error) {
    if (!(error instanceof GrammarProblem)) throw error;
    if (strictness !== "lenient") throw new GrammarProblem(error.message, `[${index}].parameters`);
    return anyArguments(book, `the arguments are any object, because the schema ${error.message}`, options);
  }
}

function anyArguments(book: RuleBook, description: string, options: ArgumentOptions): Arguments {
  const { node, branchings } = compileArguments(book, "{}", { ...options, work: new SchemaWork() });
  return located(book, { node, branchings, notHeld: [{ pointer: "", description }] }, options.index);
}

function located(book: RuleBook, { node, branchings, notHeld }: CompiledArguments, index: number): Arguments {
  const field = `${TOOLS_FIELD}[${index}].parameters`;
  return {
    node: book.add("arguments", node),
    branchings,
    notHeld: notHeld.map((keyword) => ({ field, ...keyword })),
  };
}

type CompiledArguments = Pick<SchemaGrammar, "node" | "branchings" | "notHeld">;

/** The arguments in the form of the body: as a JSON object, or one by one. */
function compileArguments(
  book: RuleBook,
  schema: string,
  { body, bounds, strictness, work }: ArgumentOptions,
): CompiledArguments {
  if (body.type === "parameters" || body.type === "literal") {
    const members = compileMembers(book, schema, { bounds, strictness, work });
    if (members.types?.includes("object") === false) throw new GrammarProblem(NO_OBJECT);
    const node =
      body.type === "literal" ? literalsGrammar(book, members, body) : parametersGrammar(book, members, body.parameter);
    return { node, branchings: members.branchings, notHeld: members.finish() };
  }
  const compiled = compileSchema(book, schema, { bounds, isObject: true, strictness, work });
  const other = OTHER_VALUE_STARTS.find((char) => mayBeginWith(book.rules, compiled.node, char));
  if (other !== undefined) throw new GrammarProblem(NO_OBJECT);
  return compiled;
}
