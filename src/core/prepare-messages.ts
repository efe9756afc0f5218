import type { GenerationInput, LogitBias, RequestedBias, RequestedConstraint } from "./generation-request.js";
import type { FieldViolation } from "./generation-error.js";
import type { TemplateFacts } from "./model-facts.js";
import type { OutputFormat, OutputGrammar, UnheldKeyword } from "./output-format.js";

/** The commands from the main thread to the prepare worker, as plain data. Every command but cancel and close gets exactly one answer. */
export type PrepareCommand =
  | {
      readonly type: "prepare";
      readonly id: number;
      readonly input: GenerationInput;
      /** The tenant of the caller, for whom grammars are compiled and kept. The default is "", as where the server knows no tenants. */
      readonly tenant?: string | undefined;
      /** By default the output is free. */
      readonly constraint?: RequestedConstraint | undefined;
      /** Whether a schema that the grammar cannot hold in every keyword is refused. The default is false. */
      readonly strictSchema?: boolean | undefined;
      /** Whether the model reasons before its answer. The template decides by default. */
      readonly reasoning?: boolean | undefined;
      /** The most tokens that fit into the context. The worker rejects a longer input as soon as it knows, without tokenising the rest. */
      readonly maxInputTokens: number;
    }
  /** Asks for the tokens by which a chat would be shorter without its tools. */
  | {
      readonly type: "count_tools";
      readonly id: number;
      readonly input: Extract<GenerationInput, { readonly type: "chat" }>;
      /** Whether the model reasons before its answer. The template decides by default. */
      readonly reasoning?: boolean | undefined;
      /** The count ends at more tokens, and is then a minimum. */
      readonly maxTokens: number;
    }
  | {
      readonly type: "tokenize";
      readonly id: number;
      readonly text: string;
      readonly addBeginning: boolean;
      readonly parseControlTokens: boolean;
    }
  /** Asks for the token of each bias. */
  | { readonly type: "resolve_biases"; readonly id: number; readonly biases: readonly RequestedBias[] }
  | { readonly type: "detokenize"; readonly id: number; readonly tokenIds: readonly number[] }
  /** Takes effect between two slices of work. */
  | { readonly type: "cancel"; readonly id: number }
  | { readonly type: "close" };

/** The notices from the prepare worker to the main thread. */
export type PrepareNotice =
  | { readonly type: "ready"; readonly facts: PreparerFacts }
  /** The first and last notice of a worker that could not load the vocabulary. */
  | { readonly type: "unusable"; readonly message: string }
  | ({ readonly type: "tokens"; readonly id: number } & PreparedInput)
  | { readonly type: "text"; readonly id: number; readonly text: string }
  | { readonly type: "biases"; readonly id: number; readonly biases: readonly LogitBias[] }
  /** The tokens of the tools. The count is a minimum unless it is exact. */
  | ({ readonly type: "tool_tokens"; readonly id: number } & ToolTokens)
  /** The caller's input is invalid. */
  | { readonly type: "refused"; readonly id: number; readonly violation: FieldViolation }
  /** The input does not fit. Its count is a minimum unless it is exact. */
  | { readonly type: "too_long"; readonly id: number; readonly inputTokens: number; readonly exact: boolean }
  /** The worker failed. `message` is for the log. */
  | { readonly type: "failed"; readonly id: number; readonly message: string }
  | { readonly type: "cancelled"; readonly id: number }
  | { readonly type: "closed" };

/** The tokens by which a chat would be shorter without its tools. */
export interface ToolTokens {
  readonly tokens: number;
  /** Whether all of them were counted. If not, there are at least as many. */
  readonly exact: boolean;
}

/** The shape of an output, known before its first token. */
export interface OutputShape {
  /** The markup of the output. By default all of it is text. */
  readonly format?: OutputFormat | undefined;
  /** The grammar that constrains the output, if any. */
  readonly grammar?: OutputGrammar | undefined;
  /** The keywords of schemas that the grammar does not hold. Default: none. */
  readonly notHeld?: readonly UnheldKeyword[] | undefined;
}

/** A prepared input: the tokens that the model reads and the shape of its output. */
export type PreparedInput = { readonly tokens: Uint32Array } & OutputShape;

/** The facts about the model that its vocabulary and its chat template tell. */
export interface PreparerFacts {
  readonly vocabularySize: number;
  readonly template: TemplateFacts;
}
