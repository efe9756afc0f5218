/** A metadata value: numbers say which of the two widths they have, since JavaScript's don't. */
export type GgufValue =
  | { readonly type: "uint16" | "uint32" | "int32" | "float32"; readonly value: number }
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "strings"; readonly value: readonly string[] }
  | { readonly type: "int32s"; readonly value: readonly number[] };

/** One 32-bit float tensor; `shape` in llama.cpp's order, fastest dimension first. */
export interface GgufTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

const VERSION = 3;
const ALIGNMENT_BYTES = 32;
const TYPE_IDS = { uint16: 2, uint32: 4, int32: 5, float32: 6, bool: 7, string: 8, array: 9 };
const F32_TENSOR_TYPE = 0;

/** The bytes of a GGUF file, as the format's version 3 lays them out. */
export function encodeGguf(metadata: Readonly<Record<string, GgufValue>>, tensors: readonly GgufTensor[]): Buffer {
  const keys = Object.entries(metadata).flatMap(([key, value]) => [encodeGgufString(key), encodeValue(value)]);
  let offset = 0;
  const infos: Buffer[] = [];
  const blocks: Buffer[] = [];
  for (const { name, shape, data } of tensors) {
    infos.push(
      encodeGgufString(name),
      uint32(shape.length),
      ...shape.map(uint64),
      uint32(F32_TENSOR_TYPE),
      uint64(offset),
    );
    const block = padded(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
    blocks.push(block);
    offset += block.length;
  }
  const counts = [uint32(VERSION), uint64(tensors.length), uint64(Object.keys(metadata).length)];
  const head = Buffer.concat([Buffer.from("GGUF"), ...counts, ...keys, ...infos]);
  return Buffer.concat([padded(head), ...blocks]);
}

/**
 * The files that a model is split into, as llama.cpp's gguf-split lays them out: all metadata in the first, and the tensors dealt out in their order.
 * @param partCount at least 1
 */
export function encodeSplitGguf(
  metadata: Readonly<Record<string, GgufValue>>,
  tensors: readonly GgufTensor[],
  partCount: number,
): readonly Buffer[] {
  const share = Math.ceil(tensors.length / partCount);
  return Array.from({ length: partCount }, (_, index) => {
    const split: Record<string, GgufValue> = {
      "split.no": { type: "uint16", value: index },
      "split.count": { type: "uint16", value: partCount },
      "split.tensors.count": { type: "int32", value: tensors.length },
    };
    const own = tensors.slice(index * share, (index + 1) * share);
    return encodeGguf(index === 0 ? { ...metadata, ...split } : split, own);
  });
}

function encodeValue(entry: GgufValue): Buffer {
  switch (entry.type) {
    case "uint32":
      return Buffer.concat([uint32(TYPE_IDS.uint32), uint32(entry.value)]);
    case "uint16": {
      const bytes = Buffer.alloc(2);
      bytes.writeUInt16LE(entry.value);
      return Buffer.concat([uint32(TYPE_IDS.uint16), bytes]);
    }
    case "int32":
      return Buffer.concat([uint32(TYPE_IDS.int32), uint32(entry.value)]);
    case "float32": {
      const bytes = Buffer.alloc(4);
      bytes.writeFloatLE(entry.value);
      return Buffer.concat([uint32(TYPE_IDS.float32), bytes]);
    }
    case "bool":
      return Buffer.concat([uint32(TYPE_IDS.bool), Buffer.of(entry.value ? 1 : 0)]);
    case "string":
      return Buffer.concat([uint32(TYPE_IDS.string), encodeGgufString(entry.value)]);
    case "strings":
      return array(TYPE_IDS.string, entry.value.map(encodeGgufString));
    case "int32s":
      return array(TYPE_IDS.int32, entry.value.map(uint32));
  }
}

function array(elementType: number, elements: readonly Buffer[]): Buffer {
  return Buffer.concat([uint32(TYPE_IDS.array), uint32(elementType), uint64(elements.length), ...elements]);
}

/** A text as the format has it: its length in bytes, and the bytes. */
export function encodeGgufString(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint64(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function padded(bytes: Buffer): Buffer {
  const missing = (ALIGNMENT_BYTES - (bytes.length % ALIGNMENT_BYTES)) % ALIGNMENT_BYTES;
  return Buffer.concat([bytes, Buffer.alloc(missing)]);
}
