import { createHash } from "node:crypto";

import type { CatalogueEntry } from "../../../src/models/download/catalogue.js";
import { encodeGguf, type GgufValue } from "../../support/gguf-writer.js";

/** Metadata of a sound, if tiny, file. */
export const SMALL_METADATA: Readonly<Record<string, GgufValue>> = {
  "general.architecture": { type: "string", value: "llama" },
  "general.name": { type: "string", value: "small" },
  "llama.context_length": { type: "uint32", value: 2_048 },
  "llama.block_count": { type: "uint32", value: 2 },
  "llama.embedding_length": { type: "uint32", value: 64 },
  "llama.attention.head_count": { type: "uint32", value: 4 },
  "llama.attention.head_count_kv": { type: "int32s", value: [2, 1] },
  "llama.rope.freq_base": { type: "float32", value: 10_000 },
  "tokenizer.ggml.add_bos_token": { type: "bool", value: false },
  "tokenizer.ggml.tokens": { type: "strings", value: ["<s>", "</s>", "Ġa"] },
  "tokenizer.chat_template": { type: "string", value: "{{ messages }}" },
};

/** A whole GGUF file; the weights make it as large as a test needs. */
export function smallGguf(elements = 64): Buffer {
  return encodeGguf(SMALL_METADATA, [
    { name: "token_embd.weight", shape: [elements], data: new Float32Array(elements) },
  ]);
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** A catalogue's entry of these bytes. */
export function entryOf(bytes: Uint8Array): CatalogueEntry {
  return {
    name: "small",
    hub: { owner: "owner", repo: "repo", file: "small.gguf", revision: "main" },
    pip: { package: "small-model", version: "1.2.3", member: "small_model/small.gguf", wheelBytes: bytes.length + 128 },
    sizeBytes: bytes.length,
    sha256: sha256Of(bytes),
  };
}
