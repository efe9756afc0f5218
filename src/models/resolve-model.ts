import { createHash } from "node:crypto";
import { basename, join, resolve } from "node:path";

import { checkFile } from "./cached-file.js";
import type { HubLocation } from "./download/catalogue.js";
import type { GgufSummary } from "./gguf/gguf-summary.js";
import { inspectModel } from "./inspect-model.js";
import { makeCached, type WantedFile } from "./make-cached.js";
import { ModelError } from "./files/model-error.js";
import { parseModelSpec } from "./model-spec.js";
import type { SourceName } from "./download/pull-event.js";
import { type CompleteResolveModelOptions, type ResolveModelOptions, withDefaults } from "./resolve-options.js";
import { parseSplitName } from "./gguf/split-name.js";

interface ModelFile {
  /** Absolute. */
  readonly path: string;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** A model file that is complete, checked and fit to load. */
export interface ResolvedModel {
  /** The catalogue's name, or the file's name without its extension. */
  readonly name: string;
  /** The absolute path of the file, or of a split model's first part. */
  readonly path: string;
  /** The SHA-256 of the file, in lower-case hex. For a split model it is the SHA-256 of the concatenated digests of its parts. */
  readonly sha256: string;
  /** All files of the model, each with its own digest. */
  readonly files: readonly ModelFile[];
  /** The origin of the file: the given path, the cache, or the source that it was fetched from. */
  readonly origin: "path" | "cache" | SourceName;
  readonly gguf: GgufSummary;
}

/**
 * Makes the named model ready: checks a path, and fetches a name of the catalogue or an `hf:` address into the cache unless it is there. `rill pull`
 * and the start-up call it on the main thread, before serving. Several processes may do so at once.
 *
 * @throws ModelError; the signal's reason
 */
export async function resolveModel(spec: string, options: ResolveModelOptions): Promise<ResolvedModel> {
  const complete = withDefaults(options);
  const parsed = parseModelSpec(spec, complete.catalogue);
  switch (parsed.kind) {
    case "path":
      return resolvePath(resolve(parsed.path), complete);
    case "hub": {
      const entry = complete.catalogue.find(({ hub }) => isSameFile(hub, parsed.location));
      return resolveWanted({ location: parsed.location, entry }, complete);
    }
    case "catalogue":
      return resolveWanted({ location: parsed.entry.hub, entry: parsed.entry }, complete);
  }
}

/** Resolves a path. The file's head is read before the whole file is hashed, because most mistakes show there. */
async function resolvePath(path: string, options: CompleteResolveModelOptions): Promise<ResolvedModel> {
  const { gguf, paths } = await inspectModel(path);
  const files: ModelFile[] = [];
  for (const part of paths) files.push({ path: part, sha256: await digestOf(part, options) });
  return { name: nameOf(path), path, sha256: combine(files), files, origin: "path", gguf };
}

async function digestOf(
  path: string,
  { cacheDir, rehash, onEvent, signal }: CompleteResolveModelOptions,
): Promise<string> {
  const recordPath = foreignRecordPath(cacheDir, path);
  const check = await checkFile({ path, recordPath, expected: { kind: "any" }, rehash, onEvent, signal });
  if (check.kind !== "good") throw new ModelError("NOT_FOUND", `${path} has disappeared`);
  return check.sha256;
}

/** Returns the digest of a model. That of several files is the digest of their digests, so only a file that has changed is hashed again. */
function combine(files: readonly ModelFile[]): string {
  const [only] = files;
  if (only !== undefined && files.length === 1) return only.sha256;
  return createHash("sha256")
    .update(files.map(({ sha256 }) => sha256).join(""))
    .digest("hex");
}

async function resolveWanted(wanted: WantedFile, options: CompleteResolveModelOptions): Promise<ResolvedModel> {
  const cached = await makeCached(wanted, options);
  const { gguf } = await inspectModel(cached.path);
  const { path, sha256 } = cached;
  return { ...cached, name: wanted.entry?.name ?? nameOf(path), files: [{ path, sha256 }], gguf };
}

/** Returns the path of the record of a file outside the cache. The record lies in the cache and not beside the file. */
function foreignRecordPath(cacheDir: string, path: string): string {
  const key = createHash("sha256").update(path).digest("hex").slice(0, 32);
  return join(cacheDir, ".digests", `${key}.json`);
}

function nameOf(path: string): string {
  return parseSplitName(path)?.stem ?? basename(path).replace(/\.gguf$/i, "");
}

function isSameFile(a: HubLocation, b: HubLocation): boolean {
  return a.owner === b.owner && a.repo === b.repo && a.file === b.file && a.revision === b.revision;
}
