import { basename, dirname, join } from "node:path";
import { ModelError } from "../files/model-error.js";

/** The names that llama.cpp's gguf-split gives to parts and that llama.cpp looks for. */
const SPLIT_NAME = /^(?<stem>.+)-(?<number>\d{5})-of-(?<count>\d{5})\.gguf$/;

/** The position of a part among all parts, counted from 1. */
interface PartPosition {
  readonly partNumber: number;
  readonly partCount: number;
}

interface SplitName extends PartPosition {
  /** The text that all parts have before their number. */
  readonly stem: string;
}

/** Parses the name of a part. Returns undefined for any other name. */
export function parseSplitName(path: string): SplitName | undefined {
  const { stem, number, count } = SPLIT_NAME.exec(basename(path))?.groups ?? {};
  if (stem === undefined) return undefined;
  return { stem, partNumber: Number(number), partCount: Number(count) };
}

/** Returns the path of another part of the model whose part lies at `path`. */
export function partPath(path: string, stem: string, { partNumber, partCount }: PartPosition): string {
  const digits = (count: number): string => String(count).padStart(5, "0");
  return join(dirname(path), `${stem}-${digits(partNumber)}-of-${digits(partCount)}.gguf`);
}

/** Returns the error for a file that holds a later part. llama.cpp needs the first part, and finds the others by their names. */
export function notTheFirst(path: string, place: PartPosition): ModelError {
  const stem = parseSplitName(path)?.stem;
  const first = stem === undefined ? "" : `: ${partPath(path, stem, { ...place, partNumber: 1 })}`;
  return new ModelError(
    "UNSUPPORTED_MODEL",
    `${path} is part ${place.partNumber} of ${place.partCount} of a split model; start with part 1${first}`,
  );
}
