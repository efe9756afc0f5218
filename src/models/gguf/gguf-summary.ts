import type { GgufMetadata } from "./gguf-metadata.js";

/** The facts in the head of a GGUF file about the model. A fact that the file leaves out is undefined. */
export interface GgufSummary {
  readonly version: number;
  /** The size of this file, or of all parts after `inspectModel` has read them. */
  readonly sizeBytes: number;
  /** The number of tensors, of this file or of all parts. 0: the file is a vocabulary without weights. */
  readonly tensorCount: number;
  /** The number of parts that the model is split into. 1: the model is whole. */
  readonly partCount: number;
  readonly name: string | undefined;
  readonly architecture: string;
  /** llama.cpp's number of the quantisation mix. */
  readonly fileType: number | undefined;
  readonly hasChatTemplate: boolean;
  readonly vocabularySize: number | undefined;
  /** The context length that the model was trained with. */
  readonly trainContextTokens: number | undefined;
  readonly blockCount: number | undefined;
  readonly embeddingLength: number | undefined;
  readonly headCount: number | undefined;
  /** The key-value heads of the layer that has most of them. */
  readonly headCountKv: number | undefined;
  /** The number of elements of one head's key, and below of its value. */
  readonly keyLength: number | undefined;
  readonly valueLength: number | undefined;
}

const GENERAL_KEYS = new Set([
  "general.architecture",
  "general.name",
  "general.file_type",
  "general.alignment",
  "split.count",
  "split.no",
  "tokenizer.chat_template",
  "tokenizer.ggml.tokens",
]);

/** The keys below the architecture's own prefix, which is known only when all metadata has been read. */
const ARCHITECTURE_KEYS = [
  "context_length",
  "block_count",
  "embedding_length",
  "vocab_size",
  "attention.head_count",
  "attention.head_count_kv",
  "attention.key_length",
  "attention.value_length",
] as const;

type ArchitectureKey = (typeof ARCHITECTURE_KEYS)[number];

/** Returns whether `summariseGguf` reads this key. */
export function isSummarised(key: string): boolean {
  return GENERAL_KEYS.has(key) || ARCHITECTURE_KEYS.some((suffix) => key.endsWith(`.${suffix}`));
}

/** The position of a file in a split model. */
export interface GgufPart extends GgufFrame {
  /** 1 for the first part, and for a whole model. */
  readonly partNumber: number;
  readonly partCount: number;
}

/** Returns the position of a file. The parts behind the first hold weights alone, and neither an architecture nor a vocabulary. */
export function partOf(metadata: GgufMetadata, frame: GgufFrame): GgufPart {
  const partCount = countOf(metadata, "split.count") ?? 1;
  const index = partCount > 1 ? (countOf(metadata, "split.no") ?? 0) : 0;
  return { ...frame, partNumber: index + 1, partCount };
}

export type GgufFrame = Pick<GgufSummary, "version" | "tensorCount" | "sizeBytes">;

/** Summarises the head of a file. Returns undefined if it does not name its architecture, without which llama.cpp loads nothing. */
export function summariseGguf(metadata: GgufMetadata, frame: GgufFrame): GgufSummary | undefined {
  const architecture = textOf(metadata, "general.architecture");
  if (architecture === undefined) return undefined;
  const own = (key: ArchitectureKey): number | undefined => countOf(metadata, `${architecture}.${key}`);
  const embeddingLength = own("embedding_length");
  const headCount = own("attention.head_count");
  const headLength = headLengthOf(embeddingLength, headCount);
  return {
    ...frame,
    partCount: partOf(metadata, frame).partCount,
    name: textOf(metadata, "general.name"),
    architecture,
    fileType: countOf(metadata, "general.file_type"),
    hasChatTemplate: textOf(metadata, "tokenizer.chat_template") !== undefined,
    vocabularySize: lengthOf(metadata, "tokenizer.ggml.tokens") ?? own("vocab_size"),
    trainContextTokens: own("context_length"),
    blockCount: own("block_count"),
    embeddingLength,
    headCount,
    headCountKv: own("attention.head_count_kv") ?? headCount,
    keyLength: own("attention.key_length") ?? headLength,
    valueLength: own("attention.value_length") ?? headLength,
  };
}

/** Returns the length of a head that llama.cpp assumes if the file does not give it. */
function headLengthOf(embeddingLength: number | undefined, headCount: number | undefined): number | undefined {
  if (embeddingLength === undefined || headCount === undefined || headCount === 0) return undefined;
  return Math.floor(embeddingLength / headCount);
}

function textOf(metadata: GgufMetadata, key: string): string | undefined {
  const value = metadata.get(key);
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Returns a count. Some models give one for each layer, and then it is the largest. */
function countOf(metadata: GgufMetadata, key: string): number | undefined {
  const value = metadata.get(key);
  const counts = typeof value === "object" ? value.numbers : [value];
  const valid = counts.filter((count): count is number => Number.isSafeInteger(count) && Number(count) >= 0);
  return valid.length === 0 ? undefined : Math.max(...valid);
}

function lengthOf(metadata: GgufMetadata, key: string): number | undefined {
  const value = metadata.get(key);
  return typeof value === "object" ? value.length : undefined;
}
