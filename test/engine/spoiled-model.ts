import { open } from "node:fs/promises";
import { readGgufFileInfo } from "node-llama-cpp";

/**
 * Overwrites one token's embedding with NaN, so that a prompt with this token, and no other, has logits that are not numbers.
 * @param path a GGUF file with 32-bit float embeddings
 */
export async function spoilToken(path: string, tokenId: number): Promise<void> {
  const { fullTensorInfo = [] } = await readGgufFileInfo(path, { sourceType: "filesystem" });
  const embeddings = fullTensorInfo.find(({ name }) => name === "token_embd.weight");
  if (embeddings === undefined) throw new Error(`${path} has no token embeddings`);
  const row = new Float32Array(Number(embeddings.dimensions[0])).fill(NaN);
  await using file = await open(path, "r+");
  await file.write(
    Buffer.from(row.buffer),
    0,
    row.byteLength,
    Number(embeddings.fileOffset) + tokenId * row.byteLength,
  );
}
