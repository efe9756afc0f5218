import { counted } from "../core/counted.js";
import type { GgufSummary } from "../models/gguf/gguf-summary.js";

/** The size of the context unless the operator asks for another. A larger one costs memory for every slot, whether it is used or not. */
const STANDARD_CONTEXT_TOKENS = 4_096;
/** The key-value cache holds numbers in half precision. */
const KV_ELEMENT_BYTES = 2;
/** The share of the memory beside the model that the key-value cache may take. The rest is for the batch and for other processes. */
const MEMORY_SHARE = 0.5;
const STEP_TOKENS = 1_024;
const BYTES_PER_MIB = 1024 * 1024;

type ModelShape = Pick<GgufSummary, "trainContextTokens" | "blockCount" | "headCountKv" | "keyLength" | "valueLength">;

/** The facts in a model's file that the size of the engine depends on. */
export type SizedModel = ModelShape & Pick<GgufSummary, "sizeBytes">;

interface ContextFacts {
  readonly model: SizedModel;
  readonly slots: number;
  readonly availableBytes: number;
  /** Whether the key-value cache lies in the memory of this machine, which is the one that is known. */
  readonly isInOwnMemory: boolean;
}

/** The context that the server chose, and the reason, for the operator. */
interface ContextChoice {
  readonly contextTokens: number;
  readonly reason: string;
}

/** Returns the standard context: 4,096 tokens, or those that the model was trained for if they are fewer. */
export function standardContext({ trainContextTokens = STANDARD_CONTEXT_TOKENS }: ModelShape): number {
  return Math.min(STANDARD_CONTEXT_TOKENS, trainContextTokens);
}

/**
 * Chooses the largest context whose key-value memory, for all slots, takes at most half of the memory that the model leaves: a multiple of 1,024 tokens,
 * or the context that the model was trained for. It is at least 1,024 tokens. Every layer is counted as one that keeps the whole context, so a model with
 * sliding windows or recurrent layers gets less than would fit.
 */
export function chooseContext({ model, slots, availableBytes, isInOwnMemory }: ContextFacts): ContextChoice {
  const standard = standardContext(model);
  if (!isInOwnMemory)
    return { contextTokens: standard, reason: "the memory of the GPU is not known before it is used" };
  const { trainContextTokens, sizeBytes } = model;
  const tokenBytes = kvBytesPerToken(model) * slots;
  if (trainContextTokens === undefined || tokenBytes === 0) {
    return { contextTokens: standard, reason: "the model's file does not tell its context and key-value memory" };
  }
  const spareBytes = Math.max(0, availableBytes - sizeBytes);
  const fitting = Math.floor((spareBytes * MEMORY_SHARE) / tokenBytes);
  const stepped = Math.max(STEP_TOKENS, fitting - (fitting % STEP_TOKENS));
  const contextTokens = Math.min(stepped, trainContextTokens);
  const why =
    contextTokens === trainContextTokens
      ? "the context that the model was trained for"
      : fitting < STEP_TOKENS
        ? "the least"
        : "the most that half of it holds";
  const [kv, spare] = [contextTokens * tokenBytes, spareBytes].map((bytes) => Math.round(bytes / BYTES_PER_MIB));
  const needs = `the key-value memory of ${counted(slots, "slot")} takes ${kv} MiB of the ${spare} MiB that are available beside the model`;
  return { contextTokens, reason: `${why}; ${needs}` };
}

/** Returns the key-value memory of one token in all layers. It is 0 if the model file lacks a number. */
export function kvBytesPerToken({
  blockCount = 0,
  headCountKv = 0,
  keyLength = 0,
  valueLength = 0,
}: ModelShape): number {
  return blockCount * headCountKv * (keyLength + valueLength) * KV_ELEMENT_BYTES;
}
