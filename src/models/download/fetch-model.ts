import { readdir, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ModelError, type ModelErrorCode, toDiskError } from "../files/model-error.js";
import { type MeasureFreeBytes, requireDiskSpace } from "../files/disk-space.js";
import type { ModelSource } from "./model-source.js";
import { partialPathOf, readResumePoint, type ResumePoint } from "./partial-file.js";
import type { PullListener, SourceName } from "./pull-event.js";
import { type StoredFile, storeFile } from "./store-file.js";

export interface FetchModelOptions {
  /** The path of the file, in a directory that exists. */
  readonly targetPath: string;
  /** The sources, tried in order until one gives the right file. */
  readonly sources: readonly ModelSource[];
  /** The expected size of the file. undefined: only the source can tell. */
  readonly expectedSizeBytes: number | undefined;
  readonly expectedSha256: string | undefined;
  readonly measureFreeBytes: MeasureFreeBytes;
  readonly onEvent: PullListener;
  readonly signal: AbortSignal;
}

export interface FetchedFile extends StoredFile {
  readonly source: SourceName;
}

/** The most attempts of one source in one call, beyond the first. Each has to add to the file. */
const MAX_RECONNECTS = 100;

/** Faults that the next source may not have. Any other fault ends the fetching. */
const SOURCE_FAULTS: ReadonlySet<ModelErrorCode> = new Set([
  "SOURCE_FAILED",
  "WRONG_CHECKSUM",
  "NOT_A_GGUF",
  "TRUNCATED",
  "UNSUPPORTED_VERSION",
]);

/**
 * Fetches a model file to its path in the cache. The caller holds the file's lock, so any file beside it is left from a dead process: a part that its
 * source can still complete is resumed, and the rest is removed.
 *
 * @throws ModelError NO_SPACE, CACHE_NOT_WRITABLE, or the last source's fault with the answer of each source; the signal's reason
 */
export async function fetchModel(options: FetchModelOptions): Promise<FetchedFile> {
  const { targetPath, sources, onEvent } = options;
  await removeLeftovers(targetPath);
  const failures: Failure[] = [];
  for (const source of sources) {
    try {
      onEvent({ kind: "fetching", source: source.name, address: source.address, totalBytes: source.transferBytes });
      return await fetchFrom(source, options);
    } catch (error) {
      if (!(error instanceof ModelError) || !SOURCE_FAULTS.has(error.code)) throw error;
      failures.push({ source, error });
      onEvent({ kind: "source-failed", source: source.name, reason: error.message });
    }
  }
  throw allFailed(failures, targetPath);
}

/** Returns the folder for a source that needs more than a stream. */
export function workDirOf(targetPath: string): string {
  return `${targetPath}.work-${process.pid}`;
}

interface Failure {
  readonly source: ModelSource;
  readonly error: ModelError;
}

/** Fetches from one source. A source that breaks off is asked again at once, while each attempt adds to the file. */
async function fetchFrom(source: ModelSource, options: FetchModelOptions): Promise<FetchedFile> {
  const { targetPath, onEvent } = options;
  for (let reconnects = 0; ; reconnects++) {
    const resume = await readResumePoint(targetPath, source.address);
    try {
      return await fetchOnce(source, resume, options);
    } catch (error) {
      if (!(error instanceof ModelError) || reconnects === MAX_RECONNECTS) throw error;
      const left = await readResumePoint(targetPath, source.address);
      const isFurther = (left?.offsetBytes ?? 0) > (resume?.offsetBytes ?? 0);
      // The start may have been damaged on the disk, so the whole file is fetched once more.
      const isSpoiled = error.code === "WRONG_CHECKSUM" && resume !== undefined && left === undefined;
      if (isSpoiled) onEvent({ kind: "discarded", path: partialPathOf(targetPath), reason: error.message });
      else if (error.code === "SOURCE_FAILED" && isFurther)
        onEvent({ kind: "broken-off", source: source.name, reason: error.message });
      else throw error;
    }
  }
}

async function fetchOnce(
  source: ModelSource,
  resume: ResumePoint | undefined,
  options: FetchModelOptions,
): Promise<FetchedFile> {
  const { targetPath, expectedSizeBytes, expectedSha256, signal, onEvent } = options;
  await requireSpaceFor(source, { fileBytes: expectedSizeBytes, offsetBytes: resume?.offsetBytes ?? 0 }, options);
  await using opened = await source.open(signal, resume);
  const { offsetBytes } = opened;
  const totalBytes = expectedSizeBytes ?? opened.sizeBytes;
  if (expectedSizeBytes === undefined) await requireSpaceFor(source, { fileBytes: totalBytes, offsetBytes }, options);
  if (opened.sizeBytes !== undefined && opened.sizeBytes !== totalBytes) {
    throw new ModelError(
      "WRONG_CHECKSUM",
      `the file there has ${opened.sizeBytes} bytes, ${String(totalBytes)} expected`,
    );
  }
  if (offsetBytes > 0) onEvent({ kind: "resuming", source: source.name, doneBytes: offsetBytes, totalBytes });
  else if (resume !== undefined)
    onEvent({
      kind: "discarded",
      path: partialPathOf(targetPath),
      reason: "the source gives the whole file only, or has another one now",
    });
  const stored = await storeFile({
    targetPath,
    bytes: opened.bytes,
    offsetBytes,
    version: opened.version,
    expectedSizeBytes: totalBytes,
    expectedSha256: expectedSha256 ?? opened.sha256,
    onProgress: (doneBytes) => onEvent({ kind: source.yields, source: source.name, doneBytes, totalBytes }),
    signal,
  });
  return { ...stored, source: source.name };
}

interface NeededSpace {
  readonly fileBytes: number | undefined;
  /** The bytes that are on the disk already. */
  readonly offsetBytes: number;
}

async function requireSpaceFor(
  source: ModelSource,
  { fileBytes, offsetBytes }: NeededSpace,
  options: FetchModelOptions,
): Promise<void> {
  const directory = dirname(options.targetPath);
  await requireDiskSpace({
    directory,
    neededBytes: Math.max((fileBytes ?? 0) * source.copies - offsetBytes, 0),
    measure: options.measureFreeBytes,
  });
}

async function removeLeftovers(targetPath: string): Promise<void> {
  const directory = dirname(targetPath);
  const prefixes = [".partial-", ".work-"].map((suffix) => basename(targetPath) + suffix);
  try {
    const names = await readdir(directory);
    const leftovers = names.filter((name) => prefixes.some((prefix) => name.startsWith(prefix)));
    for (const name of leftovers) await rm(join(directory, name), { recursive: true, force: true });
  } catch (error) {
    throw toDiskError(error, "write", directory);
  }
}

function allFailed(failures: readonly Failure[], targetPath: string): ModelError {
  const code = failures.at(-1)?.error.code ?? "SOURCE_FAILED";
  const tried = failures
    .map(({ source, error }) => `\n  ${source.name} (${source.address}): ${error.message}`)
    .join("");
  const advice = `Check the network and try again, or fetch the file elsewhere and either put it at ${targetPath} or give its path as the model.`;
  return new ModelError(code, `the model could not be fetched. Tried:${tried}\n${advice}`, failures.at(-1)?.error);
}
