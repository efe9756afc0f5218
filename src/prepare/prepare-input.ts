import type { GenerationInput, RequestedConstraint } from "../core/generation-request.js";
import type { OutputShape } from "../core/prepare-messages.js";
import { InputRefusal } from "../core/generation-error.js";
import {
  type ChatTemplate,
  type ConstrainedPart,
  continuesLastMessage,
  isForced,
  parameterTypesOf,
  toolsOf,
} from "./template/chat-template.js";
import type { Fragment } from "./tokens/control-texts.js";
import type { WrittenText } from "./grammar/compile-constraint.js";
import { paced } from "./paced.js";
import { grammarFor, type GrammarRequest } from "./grammar/grammar-for.js";
import { HiddenTexts } from "./template/hidden-texts.js";
import { type Tokenised, tokenizeFragments } from "./tokens/tokenize-fragments.js";
import type { Vocabulary } from "./tokens/vocabulary.js";
import { CompiledGrammars, createNativeCompiler } from "./grammar/compiled-grammars.js";
import type { GrammarBounds } from "./grammar/rules/grammar-bounds.js";
import { FallbackTemplate } from "./template/fallback-template.js";
import { JinjaTemplate } from "./template/jinja-template.js";
import { writeChat } from "./template/written-chat.js";

/** The objects that all jobs of a prepare worker share. */
export interface PrepareTools {
  readonly vocabulary: Vocabulary;
  readonly template: ChatTemplate;
  readonly grammars: CompiledGrammars;
  readonly grammarBounds: GrammarBounds;
}

export function createPrepareTools(vocabulary: Vocabulary, grammarBounds: GrammarBounds): PrepareTools {
  const template = createChatTemplate(vocabulary);
  const grammars = new CompiledGrammars(createNativeCompiler(vocabulary.model));
  return { vocabulary, template, grammars, grammarBounds };
}

/** The template in the model's file, or the one that belongs to its architecture if the file has no usable template. */
export function createChatTemplate(vocabulary: Vocabulary): ChatTemplate {
  const source: unknown = vocabulary.model.fileInfo.metadata.tokenizer.chat_template;
  const own = typeof source === "string" ? JinjaTemplate.tryCreate(source, vocabulary) : undefined;
  return own instanceof JinjaTemplate ? own : new FallbackTemplate(vocabulary, own?.problem);
}

/** The input of a run before it is prepared. */
export interface PrepareRequest {
  /** The tenant of the caller, for whom grammars are compiled and kept. The default is "", as where the server knows no tenants. */
  readonly tenant?: string | undefined;
  readonly input: GenerationInput;
  /** The constraint on the answer, if any. */
  readonly constraint?: RequestedConstraint | undefined;
  /** Whether a schema that the grammar cannot hold in every keyword is refused. The default is false. */
  readonly strictSchema?: boolean | undefined;
  /** Whether the model reasons before its answer. The template decides by default. */
  readonly reasoning?: boolean | undefined;
  /** The most tokens that fit into the context. */
  readonly maxInputTokens: number;
}

/** The result of preparing: the input's tokens and the shape of the output, or the count of an input that does not fit. */
export type Prepared =
  | ({ readonly type: "tokens"; readonly tokens: Uint32Array } & OutputShape)
  | Extract<Tokenised, { readonly type: "too_long" }>;

/**
 * Turns a generation's input into tokens and yields between slices of work.
 * @throws InputRefusal with the path of the invalid field
 */
export function* prepareInput(tools: PrepareTools, request: PrepareRequest): Generator<undefined, Prepared> {
  const { input } = request;
  if (input.type === "chat") return yield* prepareChat(tools, { ...request, input });
  if (request.reasoning === true) {
    throw new InputRefusal("reasoning.enabled", "goes with a chat only, since the chat template provides it");
  }
  const { constraint, strictSchema: strict, tenant } = request;
  const shape = yield* compileGrammar(tools, { tenant, constraint, strict, tools: undefined, format: undefined });
  const prepared = yield* prepareText(tools.vocabulary, input, request.maxInputTokens);
  return prepared.type === "tokens" ? { ...prepared, ...shape } : prepared;
}

function* prepareText(
  vocabulary: Vocabulary,
  input: Exclude<GenerationInput, ChatInput>,
  maxTokens: number,
): Generator<undefined, Prepared> {
  switch (input.type) {
    case "prompt": {
      if (input.text === "") throw new InputRefusal("prompt", "must not be empty");
      const prepared = yield* tokenizeText(vocabulary, { field: "prompt", maxTokens, addBeginning: true, ...input });
      if (prepared.type === "tokens" && prepared.tokens.length === 0) {
        throw new InputRefusal("prompt", "contains no text that the model has a token for");
      }
      return prepared;
    }
    case "token_ids":
      return checkTokenIds(input.tokenIds, { field: "token_ids.ids", vocabularySize: vocabulary.size, maxTokens });
  }
}

/** Tokenises one text. An error names `field`. */
export function* tokenizeText(
  vocabulary: Vocabulary,
  request: { field: string; text: string; addBeginning: boolean; parseControlTokens: boolean; maxTokens: number },
): Generator<undefined, Prepared> {
  const { field, text, maxTokens } = request;
  refuseBrokenText(field, text);
  const fewest = fewestTokens(vocabulary, text);
  if (fewest > maxTokens) return { type: "too_long", inputTokens: fewest, exact: false };
  const fragments = request.parseControlTokens ? vocabulary.controlTexts.split(text) : plainFragments(vocabulary, text);
  if (request.addBeginning) addBeginning(vocabulary, fragments);
  return orRefuse(field, yield* tokenizeFragments(vocabulary, fragments, { maxTokens }));
}

export type ChatInput = Extract<GenerationInput, { readonly type: "chat" }>;

function* prepareChat(
  tools: PrepareTools,
  request: PrepareRequest & { readonly input: ChatInput },
): Generator<undefined, Prepared> {
  const { input, tenant, constraint, strictSchema: strict, reasoning, maxInputTokens: maxTokens } = request;
  const { vocabulary, template } = tools;
  refuseBrokenChat(input);
  const fewest = input.messages.reduce((sum, { content }) => sum + fewestTokens(vocabulary, content.trim()), 0);
  if (fewest > maxTokens) return { type: "too_long", inputTokens: fewest, exact: false };
  const constrained = constrainedPart(input, constraint);
  const { chat, ownNames } = writeChat({ ...input, reasoning, constrained });
  const { fragments, format: plain, answerOpening } = template.render(chat);
  const use = toolsOf(chat);
  const parameterTypes = use && plain && (yield* paced(parameterTypesOf(use, plain)));
  const ofTools = { ...(ownNames && use && { ownNames }), ...(parameterTypes && { parameterTypes }) };
  const format = plain && { ...plain, ...ofTools };
  addBeginning(vocabulary, fragments);
  const written = writtenText(input);
  const wanted = { tenant, constraint, written, strict, tools: use, format, answerOpening };
  const shape = yield* compileGrammar(tools, wanted);
  const prepared = orRefuse("chat.messages", yield* tokenizeFragments(vocabulary, fragments, { maxTokens }));
  return prepared.type === "tokens" ? { ...prepared, ...(format && { format }), ...shape } : prepared;
}

/** Compiles the grammar in slices of its own. */
function* compileGrammar(
  { grammars, grammarBounds: bounds }: PrepareTools,
  { tenant = "", ...request }: Omit<GrammarRequest, "bounds"> & Pick<PrepareRequest, "tenant">,
): Generator<undefined, Pick<OutputShape, "grammar" | "notHeld">> {
  yield;
  const { grammar, notHeld } = yield* paced(grammarFor(grammars.of(tenant), { ...request, bounds }));
  if (grammar !== undefined) yield;
  return { ...(grammar && { grammar }), ...(notHeld.length > 0 && { notHeld }) };
}

/** The part of the output that a grammar constrains from its first token on, if any. */
function constrainedPart(input: ChatInput, constraint: RequestedConstraint | undefined): ConstrainedPart | undefined {
  const tools = toolsOf(input);
  if (tools !== undefined && isForced(tools)) return "calls";
  if (constraint === undefined) return undefined;
  return tools === undefined || writtenText(input) !== undefined ? "answer" : "either";
}

/** The beginning of the answer that the model continues, if it has text. */
function writtenText({ messages }: ChatInput): WrittenText | undefined {
  const text = continuesLastMessage(messages) ? (messages.at(-1)?.content ?? "") : "";
  return text === "" ? undefined : { text, field: `chat.messages[${messages.length - 1}].content` };
}

/** Checks the caller's token ids, which the model reads unchanged. */
export function checkTokenIds(
  tokenIds: readonly number[],
  bounds: { field: string; vocabularySize: number; maxTokens: number },
): Prepared {
  const { field, vocabularySize, maxTokens } = bounds;
  if (tokenIds.length === 0) throw new InputRefusal(field, "must contain at least one id");
  const unknown = tokenIds.findIndex((id) => !Number.isInteger(id) || id < 0 || id >= vocabularySize);
  if (unknown >= 0) {
    throw new InputRefusal(
      `${field}[${unknown}]`,
      `is ${tokenIds[unknown]}; it must be below ${vocabularySize}, the size of the vocabulary`,
    );
  }
  if (tokenIds.length > maxTokens) return { type: "too_long", inputTokens: tokenIds.length, exact: true };
  return { type: "tokens", tokens: Uint32Array.from(tokenIds) };
}

function plainFragments(vocabulary: Vocabulary, text: string): Fragment[] {
  if (!vocabulary.readsControlTexts) return [text];
  const texts = new HiddenTexts(vocabulary);
  return texts.read(texts.hide(text));
}

/** Puts the model's beginning token in front, unless it is already there. */
function addBeginning(vocabulary: Vocabulary, fragments: Fragment[]): void {
  const { beginning } = vocabulary;
  if (beginning !== undefined && fragments[0] !== beginning) fragments.unshift(beginning);
}

/** The smallest possible number of tokens of the text. */
function fewestTokens(vocabulary: Vocabulary, text: string): number {
  const { longestTokenBytes } = vocabulary;
  return longestTokenBytes === undefined ? 0 : Math.ceil(Buffer.byteLength(text) / longestTokenBytes);
}

function refuseBrokenChat({ messages, tools }: ChatInput): void {
  if (messages.length === 0) throw new InputRefusal("chat.messages", "must not be empty");
  for (const [index, { content, reasoning = "", toolCalls = [] }] of messages.entries()) {
    const field = `chat.messages[${index}]`;
    refuseBrokenText(`${field}.content`, content);
    refuseBrokenText(`${field}.reasoning`, reasoning);
    for (const [position, call] of toolCalls.entries()) {
      refuseBrokenText(`${field}.tool_calls[${position}]`, call.id + call.name + call.arguments);
    }
  }
  for (const [index, tool] of (tools?.tools ?? []).entries()) {
    refuseBrokenText(`chat.tools[${index}]`, tool.name + tool.description + tool.parameters);
  }
}

function refuseBrokenText(field: string, text: string): void {
  const index = text.search(/\p{Surrogate}/u);
  if (index >= 0)
    throw new InputRefusal(field, `is not well-formed Unicode: it has a lone surrogate at index ${index}`);
}

function orRefuse(field: string, tokenised: Tokenised): Prepared {
  if (tokenised.type === "refused") throw new InputRefusal(field, tokenised.problem);
  return tokenised;
}
