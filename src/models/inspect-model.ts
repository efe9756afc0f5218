import type { GgufSummary } from "./gguf/gguf-summary.js";
import { inspectGguf, inspectGgufPart } from "./gguf/inspect-gguf.js";
import { ModelError } from "./files/model-error.js";
import { parseSplitName, partPath } from "./gguf/split-name.js";

/** The files of a model, and the facts in their heads. */
export interface InspectedModel {
  /** The facts, with the bytes and tensors of all parts. */
  readonly gguf: GgufSummary;
  /** The path of the file, or of all parts of a split model in their order. */
  readonly paths: readonly string[];
}

/**
 * Reads the head of a model file, and of all its parts if the model is split. llama.cpp opens the other parts by their names.
 *
 * @param path the file, or the first part
 * @throws ModelError as `inspectGguf`, for any part; UNSUPPORTED_MODEL for parts that do not belong together, and for a model without weights
 */
export async function inspectModel(path: string): Promise<InspectedModel> {
  const first = await inspectGguf(path);
  const paths = [path, ...laterParts(path, first.partCount)];
  let { sizeBytes, tensorCount } = first;
  for (const [index, part] of paths.entries()) {
    if (index === 0) continue;
    const found = await inspectLaterPart(part, { firstPath: path, partNumber: index + 1, partCount: first.partCount });
    sizeBytes += found.sizeBytes;
    tensorCount += found.tensorCount;
  }
  if (tensorCount === 0) {
    const text = `${path} holds a vocabulary but no weights: nothing can be generated with it`;
    throw new ModelError("UNSUPPORTED_MODEL", text);
  }
  return { gguf: { ...first, sizeBytes, tensorCount }, paths };
}

function laterParts(path: string, partCount: number): readonly string[] {
  if (partCount === 1) return [];
  const name = parseSplitName(path);
  if (name?.partNumber !== 1 || name.partCount !== partCount) {
    const form = `NAME-00001-of-${String(partCount).padStart(5, "0")}.gguf`;
    const text = `${path} is part 1 of ${partCount} of a split model; name it ${form}, for llama.cpp finds the other parts by their names`;
    throw new ModelError("UNSUPPORTED_MODEL", text);
  }
  return Array.from({ length: partCount - 1 }, (_, index) =>
    partPath(path, name.stem, { partNumber: index + 2, partCount }),
  );
}

interface ExpectedPart {
  readonly firstPath: string;
  readonly partNumber: number;
  readonly partCount: number;
}

async function inspectLaterPart(path: string, { firstPath, partNumber, partCount }: ExpectedPart) {
  const what = `part ${partNumber} of ${partCount} of the model that begins in ${firstPath}`;
  try {
    const found = await inspectGgufPart(path);
    if (found.partNumber === partNumber && found.partCount === partCount) return found;
    const own = `part ${found.partNumber} of ${found.partCount}`;
    throw new ModelError("UNSUPPORTED_MODEL", `${path} says that it is ${own}; it stands in the place of ${what}`);
  } catch (error) {
    if (!(error instanceof ModelError) || error.code !== "NOT_FOUND") throw error;
    throw new ModelError("NOT_FOUND", `${path} is missing: ${what}`, error);
  }
}
