import { allowsParallelCalls, type Message, type ToolUse } from "../../core/conversation.js";
import type { ChatOptions } from "../../core/generation-request.js";
import type { TemplateFacts } from "../../core/model-facts.js";
import type { CallSyntax, ParameterTypes } from "../../core/call-syntax.js";
import { DEFAULT_GRAMMAR_BOUNDS } from "../grammar/rules/grammar-bounds.js";
import { memberTypes } from "../grammar/schema/object-members.js";
import { SchemaWork } from "../grammar/schema/schema-work.js";
import type { OutputFormat, ReasoningSyntax } from "../../core/output-format.js";
import type { Fragment } from "../tokens/control-texts.js";
import type { Vocabulary } from "../tokens/vocabulary.js";
import { bareJson } from "./families/bare-json.js";
import { hermes } from "./families/hermes.js";

/** The part of an output that a grammar constrains from its first token on: the answer, calls of tools, or whichever of them the model writes. */
export type ConstrainedPart = "answer" | "calls" | "either";

/** A conversation and the requirements on its answer. */
export interface ChatRequest extends ChatOptions {
  readonly messages: readonly Message[];
  /** Whether the model reasons before its answer. The template decides by default. */
  readonly reasoning?: boolean | undefined;
  /** The output that a grammar constrains, if any. The prompt then decides about everything before it. */
  readonly constrained?: ConstrainedPart | undefined;
}

/** The prompt and the markup of the output that follows it. */
export interface RenderedChat {
  readonly fragments: Fragment[];
  /** undefined means that all of the output is text. */
  readonly format: OutputFormat | undefined;
  /** The markup that a grammar of either an answer or calls has to begin an answer with. The default is none. */
  readonly answerOpening?: string;
}

/** Renders conversations in the format that the model was trained on. It lives on the prepare worker. */
export interface ChatTemplate {
  readonly facts: TemplateFacts;
  /**
   * Renders the conversation. If the last message is from the assistant and has no calls, the model continues it. The caller's messages, tools, calls,
   * results and template arguments stay plain text in the result, even if they contain the texts of control tokens.
   * @throws InputRefusal when the template does not accept the conversation
   */
  render(chat: ChatRequest): RenderedChat;
}

/** Whether the model continues the last message instead of answering it. */
export function continuesLastMessage(messages: readonly Message[]): boolean {
  const last = messages.at(-1);
  return last?.role === "assistant" && last.toolCalls === undefined;
}

/** The tools that the model is told about, if any. */
export function toolsOf({ tools }: ChatOptions): ToolUse | undefined {
  return tools?.choice.type === "none" ? undefined : tools;
}

/** Whether the model must call a tool. */
export function isForced({ choice }: ToolUse): boolean {
  return choice.type === "required" || choice.type === "named";
}

/** The facts that determine the output format. */
interface OutputFormatFacts {
  readonly reasoning: Omit<ReasoningSyntax, "endTokens"> | undefined;
  readonly frames: readonly string[];
  /** The end of the prompt that the output begins with. Default: none. */
  readonly opened?: string;
  /** undefined means that the block of text describes the tools. */
  readonly calls: readonly CallSyntax[] | undefined;
  /** undefined means that the model may call nothing. */
  readonly tools: ToolUse | undefined;
  /** The part of the output that a grammar constrains. Default: none. */
  readonly constrained?: ConstrainedPart | undefined;
  readonly vocabulary: Vocabulary;
}

/** Creates the output format. undefined means that all of the output is text. */
export function createOutputFormat({
  reasoning,
  frames,
  opened = "",
  calls,
  constrained,
  vocabulary,
  ...facts
}: OutputFormatFacts): OutputFormat | undefined {
  // The grammar of an answer may allow the markup of calls inside a text, where it is text.
  const tools = constrained === "answer" ? undefined : facts.tools;
  if (reasoning === undefined && frames.length === 0 && tools === undefined) return undefined;
  return {
    reasoning: reasoning && { ...reasoning, endTokens: tokenizeMarkup(reasoning.end, vocabulary) },
    calls: tools === undefined ? [] : withGeneric(calls),
    toolNames: tools === undefined ? [] : namesOf(tools),
    ...(constrained === "either" ? { callsComeFirst: true } : {}),
    parallelCalls: tools !== undefined && allowsParallelCalls(tools),
    ...(tools !== undefined && isForced(tools) ? { endsAtRepeatedCall: true } : {}),
    // The main thread sets these bounds, since it knows the limits.
    maxCalls: Number.MAX_SAFE_INTEGER,
    maxArgumentBytes: Number.MAX_SAFE_INTEGER,
    ...(frames.length === 0 ? {} : { frames }),
    ...(opened === "" ? {} : { opened }),
  };
}

/** Whether values are written without quotes, so that the tool's schema tells text from other values. */
function isUntyped({ body }: CallSyntax): boolean {
  return body.type === "parameters";
}

/**
 * The types of the tools' parameters, if the output may have a syntax that writes values without quotes. It yields after each tool, since 256 large tools
 * take most of a second.
 */
export function* parameterTypesOf(
  { tools }: ToolUse,
  { calls }: OutputFormat,
): Generator<undefined, ParameterTypes | undefined> {
  if (!calls.some(isUntyped)) return undefined;
  const work = new SchemaWork();
  const types: (readonly [name: string, types: ParameterTypes[string]])[] = [];
  for (const { name, parameters } of tools) {
    types.push([name, memberTypes(parameters, { bounds: DEFAULT_GRAMMAR_BOUNDS, work })]);
    yield;
  }
  return Object.fromEntries(types);
}

/** Models also write the tags when their template shows another syntax. Bare JSON counts as an answer unless it is the shown syntax. */
function withGeneric(calls: readonly CallSyntax[] | undefined): readonly CallSyntax[] {
  const tagged: CallSyntax = hermes.syntaxes.tool_call;
  if (calls === undefined) return [tagged, bareJson.syntaxes.json];
  return calls.includes(tagged) ? calls : [...calls, tagged];
}

function namesOf({ tools, choice }: ToolUse): readonly string[] {
  return choice.type === "named" ? [choice.name] : tools.map(({ name }) => name);
}

function tokenizeMarkup(text: string, vocabulary: Vocabulary): number[] {
  return vocabulary.controlTexts
    .split(text)
    .flatMap((fragment) => (typeof fragment === "number" ? [fragment] : vocabulary.tokenize(fragment)));
}
