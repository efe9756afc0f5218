import { rmSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeGguf, encodeSplitGguf, type GgufTensor, type GgufValue } from "./gguf-writer.js";
import { TURN_END_TOKEN, TURN_START_TOKEN, tinyVocabulary } from "./tiny-vocabulary.js";

export const TINY_CONTEXT_TOKENS = 2_048;

/** What the template puts in front of a conversation that brings no system message. */
export const TINY_SYSTEM_MESSAGE = "You are a tiny model.";

/** ChatML, word for word as SmolLM2 has it but for the default system message. */
export const TINY_CHAT_TEMPLATE =
  "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}" +
  `{{ '<|im_start|>system\n${TINY_SYSTEM_MESSAGE}<|im_end|>\n' }}{% endif %}` +
  "{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

const LAYERS = 2;
const WIDTH = 64;
const HEADS = 4;
const KEY_VALUE_HEADS = 2;
const FEED_FORWARD_WIDTH = 128;

/** What a test may want to be different about its model. */
export interface TinyModelOptions {
  /** undefined: the file has no template. */
  readonly chatTemplate?: string | undefined;
  /** Whether the model asks for a BOS in front of a prompt; default false. */
  readonly addBos?: boolean;
  /** Tokens that the file calls control tokens although merges lead to them; default none. */
  readonly mergedControlTokens?: readonly number[];
  /** Filled up with tokens that no text contains; default: none of them. */
  readonly vocabularySize?: number;
  /** Texts of further control tokens; the first is the BOS then, and the second the EOS. Default: none. */
  readonly controlTexts?: readonly string[];
}

/**
 * Writes a model of two layers with random weights by a fixed seed, a file of about 600 KB that llama.cpp loads in milliseconds and runs at
 * thousands of tokens a second. What it says is noise, always the same.
 * @param folder where to; default: a new folder under the system's temporary one, which is removed when the process exits
 * @returns the path of the file
 */
export async function createTinyModel(folder?: string, options: TinyModelOptions = {}): Promise<string> {
  const path = join(folder ?? (await createTemporaryFolder()), "tiny.gguf");
  await writeFile(path, encodeGguf(tinyMetadata(options), tinyTensors(options)));
  return path;
}

/**
 * The same model in several files.
 * @returns the paths of its parts, in their order
 */
export async function createSplitTinyModel(folder: string, partCount: number): Promise<readonly string[]> {
  const digits = (count: number): string => String(count).padStart(5, "0");
  const parts = encodeSplitGguf(tinyMetadata({}), tinyTensors({}), partCount);
  const paths = parts.map((_, index) => join(folder, `tiny-${digits(index + 1)}-of-${digits(partCount)}.gguf`));
  for (const [index, bytes] of parts.entries()) await writeFile(paths[index] ?? "", bytes);
  return paths;
}

const temporaryFolders: string[] = [];

async function createTemporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "rill-tiny-"));
  if (temporaryFolders.push(folder) === 1) process.once("exit", removeTemporaryFolders);
  return folder;
}

function removeTemporaryFolders(): void {
  for (const folder of temporaryFolders) rmSync(folder, { recursive: true, force: true });
}

function tinyMetadata(options: TinyModelOptions): Record<string, GgufValue> {
  const vocabulary = tinyVocabulary(options.vocabularySize, options.controlTexts);
  const [bos, eos] = options.controlTexts ?? [];
  const idOf = (text: string | undefined, otherwise: number): number =>
    text === undefined ? otherwise : vocabulary.tokens.indexOf(text);
  const tokenTypes = vocabulary.tokenTypes.map((type, id) => (options.mergedControlTokens?.includes(id) ? 3 : type));
  const chatTemplate = "chatTemplate" in options ? options.chatTemplate : TINY_CHAT_TEMPLATE;
  return {
    "general.architecture": { type: "string", value: "llama" },
    "general.name": { type: "string", value: "tiny" },
    "llama.block_count": { type: "uint32", value: LAYERS },
    "llama.context_length": { type: "uint32", value: TINY_CONTEXT_TOKENS },
    "llama.embedding_length": { type: "uint32", value: WIDTH },
    "llama.feed_forward_length": { type: "uint32", value: FEED_FORWARD_WIDTH },
    "llama.attention.head_count": { type: "uint32", value: HEADS },
    "llama.attention.head_count_kv": { type: "uint32", value: KEY_VALUE_HEADS },
    "llama.attention.layer_norm_rms_epsilon": { type: "float32", value: 1e-5 },
    "llama.rope.freq_base": { type: "float32", value: 10_000 },
    "llama.rope.dimension_count": { type: "uint32", value: WIDTH / HEADS },
    "llama.vocab_size": { type: "uint32", value: vocabulary.tokens.length },
    "tokenizer.ggml.model": { type: "string", value: "gpt2" },
    "tokenizer.ggml.pre": { type: "string", value: "smollm" },
    "tokenizer.ggml.tokens": { type: "strings", value: vocabulary.tokens },
    "tokenizer.ggml.token_type": { type: "int32s", value: tokenTypes },
    "tokenizer.ggml.merges": { type: "strings", value: vocabulary.merges },
    "tokenizer.ggml.bos_token_id": { type: "uint32", value: idOf(bos, TURN_START_TOKEN) },
    "tokenizer.ggml.eos_token_id": { type: "uint32", value: idOf(eos, TURN_END_TOKEN) },
    "tokenizer.ggml.add_bos_token": { type: "bool", value: options.addBos ?? false },
    "tokenizer.ggml.add_space_prefix": { type: "bool", value: false },
    ...(chatTemplate === undefined ? {} : { "tokenizer.chat_template": { type: "string", value: chatTemplate } }),
  };
}

function tinyTensors(options: TinyModelOptions): GgufTensor[] {
  const vocabularySize = tinyVocabulary(options.vocabularySize, options.controlTexts).tokens.length;
  const keyValueWidth = (WIDTH / HEADS) * KEY_VALUE_HEADS;
  const random = randomNormals(7);
  const ones = (name: string): GgufTensor => ({ name, shape: [WIDTH], data: new Float32Array(WIDTH).fill(1) });
  const matrix = (name: string, columns: number, rows: number): GgufTensor => ({
    name,
    shape: [columns, rows],
    data: Float32Array.from({ length: columns * rows }, () => random() / Math.sqrt(columns)),
  });
  const layers = Array.from({ length: LAYERS }, (_, layer) => [
    ones(`blk.${layer}.attn_norm.weight`),
    matrix(`blk.${layer}.attn_q.weight`, WIDTH, WIDTH),
    matrix(`blk.${layer}.attn_k.weight`, WIDTH, keyValueWidth),
    matrix(`blk.${layer}.attn_v.weight`, WIDTH, keyValueWidth),
    matrix(`blk.${layer}.attn_output.weight`, WIDTH, WIDTH),
    ones(`blk.${layer}.ffn_norm.weight`),
    matrix(`blk.${layer}.ffn_gate.weight`, WIDTH, FEED_FORWARD_WIDTH),
    matrix(`blk.${layer}.ffn_up.weight`, WIDTH, FEED_FORWARD_WIDTH),
    matrix(`blk.${layer}.ffn_down.weight`, FEED_FORWARD_WIDTH, WIDTH),
  ]);
  return [
    matrix("token_embd.weight", WIDTH, vocabularySize),
    ones("output_norm.weight"),
    matrix("output.weight", WIDTH, vocabularySize),
    ...layers.flat(),
  ];
}

/** Normally distributed numbers from a 32-bit state (mulberry32 and Box-Muller): the same on every machine. */
function randomNormals(seed: number): () => number {
  let state = seed;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}
