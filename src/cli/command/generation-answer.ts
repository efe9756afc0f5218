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
  /** The session's since the answer was stored. */
  readonly sessionRevision?: number;
}

/** What the server says of a turn of a session, beside its end. */
export interface GenerationTurn {
  readonly turn?: { readonly number?: number };
  readonly contextTrimmed?: TrimmedContext;
}

export interface TrimmedContext {
  readonly droppedTurns?: number;
  readonly keptTurns?: number;
}

/** An event of GenerateStream. */
export interface GenerationEventJson {
  readonly accepted?: Pick<GenerationTurn, "turn">;
  readonly contextTrimmed?: TrimmedContext;
  readonly chunk?: ChunkJson;
  readonly toolCall?: ToolCallDeltaJson;
  readonly completed?: GenerationEnd;
}

export interface ChunkJson {
  readonly text?: string;
  /** Such as "CHANNEL_REASONING". */
  readonly channel?: string;
}

/** A part of a call; id and name come with its first part. */
export interface ToolCallDeltaJson {
  readonly id?: string;
  readonly name?: string;
  readonly arguments?: string;
}

/** The answer of Generate. */
export interface GenerationAnswerJson extends GenerationEnd, GenerationTurn {
  readonly text?: string;
  readonly reasoning?: string;
  readonly toolCalls?: readonly ToolCallJson[];
}

/** A whole call. */
export interface ToolCallJson {
  readonly id?: string;
  readonly name?: string;
  readonly arguments?: string;
  readonly textOffsetBytes?: number;
}
