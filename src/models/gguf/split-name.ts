import { basename, dirname, join } from "node:path";
import { ModelError } from "../files/model-error.js";

/** As llama.cpp's gguf-split names the parts, and looks for them. */
const SPLIT_NAME = /^(?<stem>.+)-(?<number>\d{5})-of-(?<count>\d{5})\.gguf$/;

/** Which of how many parts a file is. Counted from 1. */
interface PartPosition {
  readonly partNumber: number;
  readonly partCount: number;
}

interface SplitName extends PartPosition {
  /** The name that all parts have in front of their number. */
  readonly stem: string;
}

/** What the name of a part says; undefined for any other name. */
export function parseSplitName(path: string): SplitName | undefined {
  const { stem, number, count } = SPLIT_NAME.exec(basename(path))?.groups ?? {};
  if (stem === undefined) return undefined;
  return { stem, partNumber: Number(number), partCount: Number(count) };
}

/** Where a part lies that belongs to the same model as the one at `path`. */
export function partPath(path: string, stem: string, { partNumber, partCount }: PartPosition): string {
  const digits = (count: number): string => String(count).padStart(5, "0");
  return join(dirname(path), `${stem}-${digits(partNumber)}-of-${digits(partCount)}.gguf`);
}

/** The file holds a later part. llama.cpp has to be given the first one, and finds the others by their names. */
export function notTheFirst(path: string, place: PartPosition): ModelError {
  const stem = parseSplitName(path)?.stem;
  const first = stem === undefined ? "" : `: ${partPath(path, stem, { ...place, partNumber: 1 })}`;
  return new ModelError(
    "UNSUPPORTED_MODEL",
    `${path} is part ${place.partNumber} of ${place.partCount} of a split model; start with part 1${first}`,
  );
}
