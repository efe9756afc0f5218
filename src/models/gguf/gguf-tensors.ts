import type { GgufReader } from "./gguf-reader.js";

export const MAX_TENSORS = 65_536;
const MAX_TENSOR_NAME_BYTES = 256;
const MAX_DIMENSIONS = 4;

/** The elements and bytes of one block, by ggml's number of the tensor type. Missing types were added later or retired. */
const BLOCKS: ReadonlyMap<number, readonly [elements: number, bytes: number]> = new Map([
  [0, [1, 4]], // F32
  [1, [1, 2]], // F16
  [2, [32, 18]], // Q4_0
  [3, [32, 20]], // Q4_1
  [6, [32, 22]], // Q5_0
  [7, [32, 24]], // Q5_1
  [8, [32, 34]], // Q8_0
  [9, [32, 36]], // Q8_1
  [10, [256, 84]], // Q2_K
  [11, [256, 110]], // Q3_K
  [12, [256, 144]], // Q4_K
  [13, [256, 176]], // Q5_K
  [14, [256, 210]], // Q6_K
  [15, [256, 292]], // Q8_K
  [16, [256, 66]], // IQ2_XXS
  [17, [256, 74]], // IQ2_XS
  [18, [256, 98]], // IQ3_XXS
  [19, [256, 50]], // IQ1_S
  [20, [32, 18]], // IQ4_NL
  [21, [256, 110]], // IQ3_S
  [22, [256, 82]], // IQ2_S
  [23, [256, 136]], // IQ4_XS
  [24, [1, 1]], // I8
  [25, [1, 2]], // I16
  [26, [1, 4]], // I32
  [27, [1, 8]], // I64
  [28, [1, 8]], // F64
  [29, [256, 56]], // IQ1_M
  [30, [1, 2]], // BF16
  [34, [256, 54]], // TQ1_0
  [35, [256, 66]], // TQ2_0
  [39, [32, 17]], // MXFP4
  [40, [64, 36]], // NVFP4
  [41, [128, 18]], // Q1_0
  [42, [64, 18]], // Q2_0
]);

/**
 * Reads the tensor table and returns the least number of bytes that the data section must have. A tensor of an unknown type counts as empty, because
 * llama.cpp decides whether it can be used.
 *
 * @throws ModelError NOT_A_GGUF, TRUNCATED
 */
export async function readLeastDataBytes(reader: GgufReader, tensorCount: number): Promise<number> {
  let leastBytes = 0;
  for (let index = 0; index < tensorCount; index++) {
    leastBytes = Math.max(leastBytes, await readTensorEnd(reader));
  }
  return leastBytes;
}

async function readTensorEnd(reader: GgufReader): Promise<number> {
  await reader.need(8);
  const nameBytes = reader.takeU64();
  if (nameBytes > MAX_TENSOR_NAME_BYTES) throw reader.malformed(`a tensor name of ${nameBytes} bytes`);
  reader.skip(nameBytes);
  await reader.need(4);
  const dimensions = reader.takeU32();
  if (dimensions > MAX_DIMENSIONS) throw reader.malformed(`a tensor of ${dimensions} dimensions`);
  await reader.need(dimensions * 8 + 12);
  let elements = 1;
  for (let index = 0; index < dimensions; index++) elements *= reader.takeU64();
  const [blockElements, blockBytes] = BLOCKS.get(reader.takeU32()) ?? [1, 0];
  const endBytes = Math.ceil(elements / blockElements) * blockBytes + reader.takeU64();
  if (!Number.isSafeInteger(endBytes)) throw reader.malformed(`a tensor of ${elements} elements`);
  return endBytes;
}
