import type { Duration } from "../../generated/google/protobuf/duration.js";
import type { EffectiveParameters as EffectiveParametersMessage } from "../../generated/rill/v1/effective_parameters.js";
import {
  Accepted,
  Channel,
  Chunk,
  Completed,
  ContextTrimmed,
  type ToolCallDelta,
} from "../../generated/rill/v1/generation_event.js";
import { GenerateStreamResponse } from "../../generated/rill/v1/generation_service.js";
import type { TokenLogprobs } from "../../generated/rill/v1/logprobs.js";
import type { Sampling as SamplingMessage } from "../../generated/rill/v1/sampling.js";
import { Lane } from "../../generated/rill/v1/scheduling.js";
import type { Timings as TimingsMessage } from "../../generated/rill/v1/timings.js";
import type { Usage as UsageMessage } from "../../generated/rill/v1/usage.js";
import { FINISH_REASONS, type FinishReason, type StopMatch } from "../core/run-end.js";
import type {
  AcceptedEvent,
  CompletedEvent,
  EffectiveParameters,
  OutputEvent,
  OutputScore,
  TokenFacts,
} from "../core/generation-message.js";
import type { Sampling } from "../core/generation-request.js";
import type { Timings, Usage } from "../core/generation-report.js";
import type { CompletedResult } from "../generation/claim/reading.js";
import { toFinishReasonMessage } from "./response/generation-message.js";

/** A turn's record in the form of releases before version 2: messages of rill.v1 in base64. */
interface OldTurnRecord {
  readonly accepted: string;
  readonly contextTrimmed?: string | undefined;
  /** The output, if it is one chunk of the answer. */
  readonly chunk?: string | undefined;
  /** Any other output. Without it and without `chunk`, the output was larger than the server keeps. */
  readonly output?: readonly OldRecordedPart[] | undefined;
  readonly completed: string;
}

interface OldRecordedPart {
  /** A GenerateStreamResponse without its part of the answer's text. */
  readonly message: string;
  /** The length of that text in UTF-16 units. If it is absent, the message has no such text and is complete. */
  readonly answerLength?: number | undefined;
}

/** Reads a record in the old form. This release reads both forms; the next one drops this file. */
export function readOldTurnRecord(record: unknown, answer: string): CompletedResult {
  const { accepted, contextTrimmed, completed, ...made } = record as OldTurnRecord;
  const trimmed = contextTrimmed === undefined ? undefined : ContextTrimmed.decode(bytesOf(contextTrimmed));
  return {
    accepted: toAcceptedEvent(Accepted.decode(bytesOf(accepted))),
    contextTrimmed: trimmed && {
      type: "context_trimmed",
      droppedTurns: trimmed.droppedTurns,
      keptTurns: trimmed.keptTurns,
    },
    output: readOutput(made, answer),
    completed: toCompletedEvent(Completed.decode(bytesOf(completed))),
  };
}

function readOutput(
  { chunk, output }: Pick<OldTurnRecord, "chunk" | "output">,
  answer: string,
): OutputEvent[] | undefined {
  if (chunk !== undefined) {
    const facts = toTokenFacts(Chunk.decode(bytesOf(chunk)));
    return answer === "" && facts.tokenCount === 0 ? [] : [{ type: "text", channel: "answer", text: answer, ...facts }];
  }
  let at = 0;
  return output?.map(({ message, answerLength }) => {
    const { event } = GenerateStreamResponse.decode(bytesOf(message));
    switch (event?.$case) {
      case "chunk": {
        const { channel, text } = event.value;
        const own = answerLength === undefined ? text : answer.slice(at, (at += answerLength));
        const facts = toTokenFacts(event.value);
        return { type: "text", channel: channel === Channel.REASONING ? "reasoning" : "answer", text: own, ...facts };
      }
      case "toolCall":
        return toToolCallEvent(event.value);
      default:
        throw new Error("a turn's record holds a message that is no part of an output");
    }
  });
}

function toAcceptedEvent(message: Accepted): AcceptedEvent {
  const { generationId, inputTokens, modelDigest, seed, turn, effectiveParameters } = message;
  return {
    type: "accepted",
    generationId,
    inputTokens,
    modelDigest,
    seed,
    turn: turn && { sessionId: turn.sessionId, number: turn.number, revision: turn.revision },
    parameters: toEffectiveParameters(effectiveParameters),
  };
}

function toEffectiveParameters(message: EffectiveParametersMessage | undefined): EffectiveParameters {
  const { sampling, stopping, scheduling } = message ?? {};
  const guard = stopping?.repetitionGuard;
  return {
    sampling: toSampling(sampling),
    stopping: {
      maxOutputTokens: stopping?.maxOutputTokens ?? 0,
      stopSequences: stopping?.stopSequences ?? [],
      stopTokenIds: stopping?.stopTokenIds ?? [],
      ignoreEndOfGeneration: stopping?.ignoreEndOfGeneration ?? false,
      repetitionGuard: guard && {
        maxPeriodTokens: guard.maxPeriodTokens ?? 0,
        minRepeats: guard.minRepeats ?? 0,
        minTokens: guard.minTokens ?? 0,
      },
      timeLimitMs: toMs(stopping?.timeLimit),
    },
    lane: scheduling?.lane === Lane.BATCH ? "batch" : "interactive",
    maxWaitMs: scheduling?.maxWait && toMs(scheduling.maxWait),
    delivery: undefined,
  };
}

function toSampling(message: SamplingMessage | undefined): Sampling {
  const { dry, xtc, logitBias = [] } = message ?? {};
  return {
    temperature: message?.temperature ?? 0,
    topK: message?.topK ?? 0,
    topP: message?.topP ?? 0,
    minP: message?.minP ?? 0,
    repeatPenalty: message?.repeatPenalty ?? 0,
    presencePenalty: message?.presencePenalty ?? 0,
    frequencyPenalty: message?.frequencyPenalty ?? 0,
    penaltyWindow: message?.penaltyWindow ?? 0,
    dry: dry && {
      multiplier: dry.multiplier ?? 0,
      base: dry.base ?? 0,
      allowedLength: dry.allowedLength ?? 0,
      window: dry.window ?? 0,
      sequenceBreakers: dry.sequenceBreakers,
    },
    xtc: xtc && { probability: xtc.probability ?? 0, threshold: xtc.threshold ?? 0 },
    logitBias: logitBias.flatMap(({ target, bias = 0 }) =>
      target?.$case === "tokenId" ? [{ tokenId: target.value, bias }] : [],
    ),
    seed: message?.seed ?? 0,
  };
}

function toToolCallEvent(message: ToolCallDelta): OutputEvent {
  const { index, id, name } = message;
  const head = id === undefined ? undefined : { id, name: name ?? "" };
  return { type: "tool_call", index, head, arguments: message.arguments, ...toTokenFacts(message) };
}

function toTokenFacts(message: Omit<Chunk, "text" | "channel">): TokenFacts {
  const { tokenCount, outputTokens, tokenIds, logprobs, tokenBytes, elapsed, usage } = message;
  return {
    tokenCount,
    outputTokens,
    tokenIds,
    scores: logprobs.map(toScore),
    tokenBytes,
    elapsedMs: elapsed && toMs(elapsed),
    usage: usage && toUsage(usage),
  };
}

function toScore({ tokenId, logprob, top }: TokenLogprobs): OutputScore {
  return {
    tokenId,
    logprob,
    top: top.map((token) => ({ tokenId: token.tokenId, logprob: token.logprob, tokenBytes: token.tokenBytes })),
  };
}

function toCompletedEvent(message: Completed): CompletedEvent {
  const { incompleteText, restarts, textSha256, usage, timings } = message;
  return {
    type: "completed",
    reason: toFinishReason(message.finishReason),
    stopMatch: toStopMatch(message.stopMatch),
    incompleteText,
    usage: toUsage(usage),
    timings: toTimings(timings),
    restarts,
    textSha256,
    sessionRevision: undefined,
  };
}

function toFinishReason(message: Completed["finishReason"]): FinishReason {
  const reason = FINISH_REASONS.find((candidate) => toFinishReasonMessage(candidate) === message);
  if (reason === undefined) throw new Error(`a turn's record has the unknown finish reason ${message}`);
  return reason;
}

function toStopMatch(message: Completed["stopMatch"]): StopMatch | undefined {
  const match = message?.match;
  switch (match?.$case) {
    case undefined:
      return undefined;
    case "stopSequence":
      return { type: "sequence", text: match.value };
    case "stopTokenId":
      return { type: "token", tokenId: match.value };
  }
}

function toUsage(message: UsageMessage | undefined): Usage {
  return {
    inputTokens: message?.inputTokens ?? 0,
    reusedInputTokens: message?.reusedInputTokens ?? 0,
    outputTokens: message?.outputTokens ?? 0,
    reasoningTokens: message?.reasoningOutputTokens ?? 0,
    deliveredTokens: message?.deliveredOutputTokens ?? 0,
  };
}

function toTimings(message: TimingsMessage | undefined): Timings {
  const { timeToFirstToken } = message ?? {};
  return {
    queueMs: toMs(message?.queue),
    prepareMs: toMs(message?.prepare),
    prefillMs: toMs(message?.prefill),
    decodeMs: toMs(message?.decode),
    parkedMs: toMs(message?.parked),
    totalMs: toMs(message?.total),
    timeToFirstTokenMs: timeToFirstToken && toMs(timeToFirstToken),
  };
}

function toMs(duration: Duration | undefined): number {
  return duration === undefined ? 0 : duration.seconds * 1_000 + duration.nanos / 1e6;
}

function bytesOf(base64: string): Uint8Array {
  return Buffer.from(base64, "base64");
}
