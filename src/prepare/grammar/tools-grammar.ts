import type { CallBody } from "../../core/call-syntax.js";
import type { Tool, ToolUse } from "../../core/conversation.js";
import type { UnheldKeyword } from "../../core/output-format.js";
import { mayBeginWith } from "./check/parse-stacks.js";
import { type CompiledGrammar, finishGrammar, type GeneratedFacts } from "./finish-grammar.js";
import type { CallableTool } from "./call-body-grammar.js";
import { GrammarRoom } from "./grammar-room.js";
import { literalsGrammar } from "./literal-grammar.js";
import { parametersGrammar } from "./parameter-grammar.js";
import type { GrammarBounds } from "./rules/grammar-bounds.js";
import { GrammarProblem } from "./rules/grammar-node.js";
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

/**
 * The grammar of calls may be larger than that of one schema by this factor, since it holds the schemas of all tools. 256 tools of public MCP servers take
 * up to 8,500 rules, 102,000 symbols and 64,000 steps of the check, and compile in 0.3 s.
 */
const CALLS_FACTOR = 4;
const MAX_CALL_STEPS = 240_000;

/** With more tools for which the bounds leave no room, the larger ones are not compiled. */
const MAX_MISFITS = 4;

interface ToolsOptions {
  readonly use: ToolUse;
  readonly bounds: GrammarBounds;
  readonly strictness: Strictness;
}

/** ToolsTry is one try to compile the tools of a request. All tries share everything in it, so that a tool is compiled once in each form of calls. */
interface ToolsTry extends ToolsOptions {
  readonly book: RuleBook;
  readonly work: SchemaWork;
  readonly room: GrammarRoom;
  /** The tools whose arguments are any objects, by their position, and why they are. */
  readonly free: Map<number, string>;
  /** The arguments of free tools in each form. */
  readonly any: Map<CallBody, GrammarPart>;
  /** The arguments of the other tools in each form, by the position of the tool. */
  readonly known: Map<number, ReadonlyMap<CallBody, Arguments>>;
}

/**
 * Compiles a grammar of tools, and frees the arguments of the largest ones where all of them are too much for one grammar.
 * @throws GrammarProblem if even the names are too much, or if the caller wants every keyword held
 */
export function* freeingLargest(
  options: ToolsOptions,
  compile: (attempt: ToolsTry) => Generator<undefined, CompiledGrammar>,
): Generator<undefined, CompiledGrammar> {
  const { use, bounds, strictness } = options;
  const book = new RuleBook();
  const room = new GrammarRoom(book.rules, boundsOfCalls(bounds));
  const decided = { free: new Map<number, string>(), any: new Map<CallBody, GrammarPart>(), known: new Map() };
  const attempt: ToolsTry = { ...options, book, room, work: new SchemaWork(), ...decided };
  for (let count = 1; ; count *= 2) {
    try {
      return yield* compile(attempt);
    } catch (error) {
      const held = smallestFirst(callableTools(use)).filter(([index]) => attempt.known.has(index));
      if (!(error instanceof GrammarProblem) || strictness !== "lenient" || held.length === 0) throw error;
      for (const [index] of held.slice(-count)) {
        attempt.known.delete(index);
        attempt.free.set(index, tooMuch(error.message));
      }
    }
  }
}

/** A tool with its position. */
type IndexedTool = readonly [index: number, tool: Tool];

function callableTools({ tools, choice }: ToolUse): readonly IndexedTool[] {
  return [...tools.entries()].filter(([, { name }]) => choice.type !== "named" || choice.name === name);
}

/** The tools by the length of their schemas. */
function smallestFirst(tools: readonly IndexedTool[]): readonly IndexedTool[] {
  return tools.toSorted(([, one], [, other]) => one.parameters.length - other.parameters.length);
}

function tooMuch(problem: string): string {
  return `the arguments are any object, because the grammar of all tools ${problem}`;
}

/** The tools that may be called in one form of calls, with the rules of their arguments in a book. */
export interface ToolsGrammar extends Omit<Arguments, "node"> {
  readonly tools: readonly CallableTool[];
}

/**
 * Puts the rules of the tools' arguments in the book, in the form of each body. The smallest tools come first. Where the bounds leave no room for several of
 * them, the larger ones are freed unseen.
 * @throws GrammarProblem whose subfield is the tool's, such as `[2].parameters`
 */
export function* addTools(attempt: ToolsTry, bodies: readonly CallBody[]): Generator<undefined, void> {
  const { use, strictness, free, known, room } = attempt;
  const callable = callableTools(use);
  if (callable.length === 0) throw new GrammarProblem("contains no tool with the name that must be called");
  // The rules that are compiled for a tool are dropped with it, so those that others need come first.
  for (const body of bodies) anyArguments(attempt, body);
  if (known.size + free.size === 0) for (const [, { name }] of callable) room.reserve(name, bodies.length);
  let misfits = 0;
  for (const [index, tool] of strictness === "lenient" ? smallestFirst(callable) : callable) {
    if (free.has(index) || known.has(index)) continue;
    const [reason] = free.values();
    if (reason !== undefined && misfits >= MAX_MISFITS) {
      free.set(index, reason);
      continue;
    }
    hold(attempt, { tool, index, bodies });
    if (free.has(index)) misfits++;
    yield;
  }
}

/** The tools in one form of those that `addTools` was given. */
export function toolsIn(attempt: ToolsTry, body: CallBody): ToolsGrammar {
  const any = anyArguments(attempt, body);
  const tools = callableTools(attempt.use).map(([index, { name }]) => {
    const args = attempt.known.get(index)?.get(body) ?? freed(any, index, attempt.free.get(index) ?? "");
    return { name, args };
  });
  return {
    tools: tools.map(({ name, args }) => ({ name, args: args.node })),
    branchings: tools.flatMap(({ args }) => args.branchings),
    notHeld: tools.flatMap(({ args }) => args.notHeld),
  };
}

/** Checks and writes a grammar that holds the schemas of several tools, without the rules of earlier tries. @throws GrammarProblem */
export function* finishCalls(
  book: RuleBook,
  bounds: GrammarBounds,
  facts: GeneratedFacts,
): Generator<undefined, CompiledGrammar> {
  const rules = reachableRules(book.rules, facts.branchings);
  yield;
  return yield* finishGrammar(rules, boundsOfCalls(bounds), { ...facts, maxSteps: MAX_CALL_STEPS });
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

type GrammarPart = Pick<SchemaGrammar, "node" | "branchings">;

interface Arguments extends GrammarPart {
  readonly notHeld: readonly UnheldKeyword[];
}

/** A tool and the forms of calls in which its arguments are written. */
interface PlacedTool {
  readonly tool: Tool;
  /** The position of the tool. */
  readonly index: number;
  readonly bodies: readonly CallBody[];
}

/** The bounds leave no room for a tool. */
class NoRoomProblem extends GrammarProblem {}

/** Compiles the arguments of a tool in all forms. A tool for which there is no room is free, unless the caller wants this tool or every keyword held. */
function hold(attempt: ToolsTry, { tool, index, bodies }: PlacedTool): void {
  const { book, room, strictness, free, known } = attempt;
  try {
    const forms = book.attempt(() => {
      const compiled = new Map(bodies.map((body) => [body, argumentsOf(attempt, { tool, index }, body)] as const));
      const excess = room.take([...compiled.values()].flatMap(({ node, branchings }) => [node, ...branchings]));
      if (excess !== undefined) throw new NoRoomProblem(excess);
      return compiled;
    });
    known.set(index, forms);
  } catch (error) {
    if (!(error instanceof NoRoomProblem) || strictness !== "lenient") throw error;
    free.set(index, tooMuch(error.message));
  }
}

/** The arguments of a tool. Where no grammar can hold them they are any object, unless the caller wants this tool or every keyword held. */
function argumentsOf(attempt: ToolsTry, { tool, index }: Omit<PlacedTool, "bodies">, body: CallBody): Arguments {
  const { book, strictness } = attempt;
  try {
    return book.attempt(() => located(book, compileArguments(tool.parameters, body, attempt), index));
  } catch (error) {
    if (!(error instanceof GrammarProblem)) throw error;
    if (strictness !== "lenient") throw new GrammarProblem(error.message, `[${index}].parameters`);
    const description = `the arguments are any object, because the schema ${error.message}`;
    return freed(anyArguments(attempt, body), index, description);
  }
}

/** The arguments of a free tool, which are any object. They are compiled once in each form. */
function anyArguments(attempt: ToolsTry, body: CallBody): GrammarPart {
  let any = attempt.any.get(body);
  if (any === undefined) {
    const { node, branchings } = compileArguments("{}", body, { ...attempt, work: new SchemaWork() });
    any = { node: attempt.book.add("arguments", node), branchings };
    attempt.any.set(body, any);
  }
  return any;
}

function freed(any: GrammarPart, index: number, description: string): Arguments {
  return { ...any, notHeld: [{ field: fieldOf(index), pointer: "", description }] };
}

function located(book: RuleBook, { node, branchings, notHeld }: CompiledArguments, index: number): Arguments {
  return {
    node: book.add("arguments", node),
    branchings,
    notHeld: notHeld.map((keyword) => ({ field: fieldOf(index), ...keyword })),
  };
}

function fieldOf(index: number): string {
  return `${TOOLS_FIELD}[${index}].parameters`;
}

type CompiledArguments = Pick<SchemaGrammar, "node" | "branchings" | "notHeld">;

/** The arguments in the form of the body: as a JSON object, or one by one. */
function compileArguments(
  schema: string,
  body: CallBody,
  { book, bounds, strictness, work }: Pick<ToolsTry, "book" | "bounds" | "strictness" | "work">,
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
