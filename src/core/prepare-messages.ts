import type { OutputGrammar, RequestedConstraint } from "./constraint.js";
import type { GenerationInput, LogitBias, RequestedBias } from "./generation-request.js";
import type { FieldViolation } from "./generation-error.js";
import type { TemplateFacts } from "./model-facts.js";
import type { OutputFormat } from "./output-format.js";

/** All that crosses the wall between the main thread and the prepare worker: plain data. Every command but cancel and close gets exactly one answer. */
export type PrepareCommand =
  | {
      readonly type: "prepare";
      readonly id: number;
      readonly input: GenerationInput;
      /** Default: any text will do. */
      readonly constraint?: RequestedConstraint | undefined;
      /** Whether the model is to think aloud first. Default: as its template has it. */
      readonly reasoning?: boolean | undefined;
      /** More than this cannot fit: the worker refuses as soon as it knows, without tokenising the rest. */
      readonly maxInputTokens: number;
    }
  | {
      readonly type: "tokenize";
      readonly id: number;
      readonly text: string;
      readonly addBeginning: boolean;
      readonly parseControlTokens: boolean;
    }
  /** Which tokens the biases mean. */
  | { readonly type: "resolve_biases"; readonly id: number; readonly biases: readonly RequestedBias[] }
  | { readonly type: "detokenize"; readonly id: number; readonly tokenIds: readonly number[] }
  /** Looked at between slices. */
  | { readonly type: "cancel"; readonly id: number }
  | { readonly type: "close" };

export type PrepareNotice =
  | { readonly type: "ready"; readonly facts: PreparerFacts }
  /** The first and last notice of a worker that could not load the vocabulary. */
  | { readonly type: "unusable"; readonly message: string }
  | ({ readonly type: "tokens"; readonly id: number; readonly tokens: Uint32Array } & OutputShape)
  | { readonly type: "text"; readonly id: number; readonly text: string }
  | { readonly type: "biases"; readonly id: number; readonly biases: readonly LogitBias[] }
  /** The caller's input is at fault. */
  | { readonly type: "refused"; readonly id: number; readonly violation: FieldViolation }
  /** Input of at least `inputTokens` against the bound; exact where `exact`. */
  | { readonly type: "too_long"; readonly id: number; readonly inputTokens: number; readonly exact: boolean }
  /** The worker is at fault. `message` is for the log. */
  | { readonly type: "failed"; readonly id: number; readonly message: string }
  | { readonly type: "cancelled"; readonly id: number }
  | { readonly type: "closed" };

/** What is known of the output before the first token of it. */
export interface OutputShape {
  /** How it is marked up. Default: it is text, all of it. */
  readonly format?: OutputFormat | undefined;
  /** What it is held to. Default: nothing. */
  readonly grammar?: OutputGrammar | undefined;
}

/** What the vocabulary-only load tells about the model. */
export interface PreparerFacts {
  readonly vocabularySize: number;
  readonly template: TemplateFacts;
}
