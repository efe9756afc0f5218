/** What the command line reads of the messages of a generation, as their JSON has it: a value that is not there is zero or absent. */
export interface GenerationEnd {
  readonly finishReason?: string;
  readonly usage?: {
    readonly inputTokens?: number;
    readonly reusedInputTokens?: number;
    readonly outputTokens?: number;
  };
  /** Durations such as "1.500s". */
  readonly timings?: { readonly decode?: string; readonly timeToFirstToken?: string };
}

/** An event of GenerateStream. */
export interface GenerationEventJson {
  readonly chunk?: { readonly text?: string };
  readonly completed?: GenerationEnd;
}

/** The answer of Generate. */
export interface GenerationAnswerJson extends GenerationEnd {
  readonly text?: string;
}
