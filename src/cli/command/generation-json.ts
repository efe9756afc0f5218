/** The part of a generation's messages that the command line reads, in their JSON form. An absent value is zero or unset. */
export interface CompletedJson {
  readonly finishReason?: string;
  readonly usage?: {
    readonly inputTokens?: number;
    readonly reusedInputTokens?: number;
    readonly outputTokens?: number;
  };
  /** Durations such as "1.500s". */
  readonly timings?: { readonly decode?: string; readonly timeToFirstToken?: string };
  /** The revision that the session got when the answer was stored. */
  readonly sessionRevision?: number;
}

/** The part of the messages that concerns a turn of a session. */
export interface TurnEventsJson {
  readonly turn?: { readonly number?: number };
  readonly contextTrimmed?: ContextTrimmedJson;
}

export interface ContextTrimmedJson {
  readonly droppedTurns?: number;
  readonly keptTurns?: number;
}

/** A keyword of a schema that the answer is not held to. */
export interface UnheldKeywordJson {
  readonly field?: string;
  readonly pointer?: string;
  readonly description?: string;
}

/** An event of GenerateStream. */
export interface GenerationEventJson {
  readonly accepted?: Pick<TurnEventsJson, "turn"> & { readonly notHeld?: readonly UnheldKeywordJson[] };
  readonly contextTrimmed?: ContextTrimmedJson;
  readonly chunk?: ChunkJson;
  readonly toolCall?: ToolCallDeltaJson;
  readonly completed?: CompletedJson;
}

export interface ChunkJson {
  readonly text?: string;
  /** The channel, such as "CHANNEL_REASONING". */
  readonly channel?: string;
}

/** A piece of a tool call. The first piece has id and name. */
export interface ToolCallDeltaJson {
  readonly id?: string;
  readonly name?: string;
  readonly arguments?: string;
}

/** The response of Generate. */
export interface GenerateResponseJson extends CompletedJson, TurnEventsJson {
  readonly text?: string;
  readonly reasoning?: string;
  readonly toolCalls?: readonly ToolCallJson[];
  readonly notHeld?: readonly UnheldKeywordJson[];
}

/** A complete tool call. */
export interface ToolCallJson {
  readonly id?: string;
  readonly name?: string;
  readonly arguments?: string;
  readonly textOffsetBytes?: number;
}
