import type {
  AcceptedEvent,
  CompletedEvent,
  FinishedEvent,
  TextEvent,
  ToolCallEvent,
} from "../../src/core/generation-message.js";

const FACTS = {
  tokenCount: 1,
  outputTokens: 1,
  tokenIds: [],
  scores: [],
  tokenBytes: [],
  elapsedMs: undefined,
  usage: undefined,
} as const;

export const FINISHED: FinishedEvent = {
  type: "finished",
  reason: "tool_calls",
  stopMatch: undefined,
  incompleteText: false,
  usage: { inputTokens: 1, reusedInputTokens: 0, outputTokens: 3, deliveredTokens: 0 },
  timings: { queueMs: 0, prepareMs: 0, prefillMs: 0, decodeMs: 0, parkedMs: 0, totalMs: 0, timeToFirstTokenMs: 0 },
  restarts: 0,
};

export const ACCEPTED: AcceptedEvent = {
  type: "accepted",
  generationId: "gen_1",
  inputTokens: 1,
  parameters: {
    sampling: {
      temperature: 0.8,
      topK: 40,
      topP: 0.95,
      minP: 0.05,
      repeatPenalty: 1,
      presencePenalty: 0,
      frequencyPenalty: 0,
      penaltyWindow: 64,
      dry: undefined,
      xtc: undefined,
      logitBias: [],
      seed: 7,
    },
    stopping: {
      maxOutputTokens: 3,
      stopSequences: [],
      stopTokenIds: [],
      ignoreEndOfGeneration: false,
      repetitionGuard: undefined,
      timeLimitMs: 1_000,
    },
    lane: "interactive",
    maxWaitMs: undefined,
    delivery: undefined,
  },
  modelDigest: "0123456789abcdef",
  seed: 7,
  turn: undefined,
};

export const COMPLETED: CompletedEvent = {
  ...FINISHED,
  type: "completed",
  textSha256: Buffer.alloc(32, 1),
  sessionRevision: undefined,
};

export function textEvent(text: string, given: Partial<TextEvent> = {}): TextEvent {
  return { type: "text", channel: "answer", text, ...FACTS, ...given };
}

export function callEvent(text: string, given: Partial<ToolCallEvent> = {}): ToolCallEvent {
  return { type: "tool_call", index: 0, head: { id: "c", name: "f" }, arguments: text, ...FACTS, ...given };
}
