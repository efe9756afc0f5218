import type { Stats } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { ModelError, toDiskError } from "../files/model-error.js";
import { type GgufMetadata, MAX_METADATA_ENTRIES, readGgufMetadata } from "./gguf-metadata.js";
import { GgufReader } from "./gguf-reader.js";
import { MAX_TENSORS, readLeastDataBytes } from "./gguf-tensors.js";
import {
  type GgufFrame,
  type GgufPart,
  type GgufSummary,
  isSummarised,
  partOf,
  summariseGguf,
} from "./gguf-summary.js";
import { notTheFirst } from "./split-name.js";

const MAGIC = "GGUF";
const OLDEST_VERSION = 2;
const NEWEST_VERSION = 3;
const HEADER_BYTES = 24;
const DEFAULT_ALIGNMENT = 32;

export interface InspectGgufOptions {
  /** The file's name in errors. Default: its path. */
  readonly displayName?: string;
}

/**
 * Reads the head of a GGUF file, up to its tensor table, in some milliseconds and a fixed buffer, whatever the file holds. It is called before a file
 * is trusted (after a download, at start-up), on any thread.
 *
 * @throws ModelError NOT_A_GGUF, TRUNCATED (also if the tensors' data is), UNSUPPORTED_VERSION, NOT_FOUND, NOT_A_FILE, NOT_READABLE;
 *   UNSUPPORTED_MODEL for a part of a split model that is not the first
 */
export async function inspectGguf(path: string, { displayName = path }: InspectGgufOptions = {}): Promise<GgufSummary> {
  const { metadata, frame } = await readHead(path, displayName);
  const { partNumber, partCount } = partOf(metadata, frame);
  if (partNumber > 1) throw notTheFirst(displayName, { partNumber, partCount });
  const summary = summariseGguf(metadata, frame);
  if (summary === undefined) {
    throw new ModelError("NOT_A_GGUF", `${displayName} is not a sound GGUF file: no general.architecture`);
  }
  return summary;
}

/**
 * Reads the head of any part of a split model.
 *
 * @throws ModelError as `inspectGguf`
 */
export async function inspectGgufPart(path: string): Promise<GgufPart> {
  const { metadata, frame } = await readHead(path, path);
  return partOf(metadata, frame);
}

interface GgufHead {
  readonly metadata: GgufMetadata;
  readonly frame: GgufFrame;
}

async function readHead(path: string, displayName: string): Promise<GgufHead> {
  try {
    const { size: fileBytes } = await statFile(path, displayName);
    await using file = await open(path, "r");
    return await readOpened(file, { fileBytes, displayName });
  } catch (error) {
    throw toDiskError(error, "read", displayName);
  }
}

interface ReadFrom {
  readonly fileBytes: number;
  readonly displayName: string;
}

/** Reads a file's status before it is opened, because opening a pipe would wait for ever. */
async function statFile(path: string, displayName: string): Promise<Stats> {
  const stats = await stat(path);
  if (stats.isFile()) return stats;
  throw new ModelError(
    "NOT_A_FILE",
    `${displayName} is ${stats.isDirectory() ? "a directory" : "a device or a pipe"}, not a model file`,
  );
}

async function readOpened(file: FileHandle, { fileBytes, displayName }: ReadFrom): Promise<GgufHead> {
  const reader = new GgufReader(file, { fileBytes, displayName });
  const { version, tensorCount, entryCount } = await readHeader(reader, displayName);
  const metadata = await readGgufMetadata(reader, entryCount, isSummarised);
  const leastDataBytes = await readLeastDataBytes(reader, tensorCount);
  const leastBytes =
    tensorCount === 0 ? reader.position : alignUp(reader.position, alignmentOf(metadata, reader)) + leastDataBytes;
  if (leastBytes > fileBytes) throw reader.truncated(leastBytes);
  return { metadata, frame: { version, tensorCount, sizeBytes: fileBytes } };
}

interface Header {
  readonly version: number;
  readonly tensorCount: number;
  readonly entryCount: number;
}

async function readHeader(reader: GgufReader, displayName: string): Promise<Header> {
  const isTiny = reader.fileBytes < MAGIC.length;
  if (!isTiny) await reader.need(MAGIC.length);
  if (isTiny || reader.takeBytes(MAGIC.length).toString("latin1") !== MAGIC) {
    throw new ModelError("NOT_A_GGUF", `${displayName} is not a GGUF file (it does not begin with "${MAGIC}")`);
  }
  await reader.need(HEADER_BYTES - MAGIC.length);
  const version = reader.takeU32();
  if (version < OLDEST_VERSION || version > NEWEST_VERSION) throw unsupportedVersion(version, displayName);
  const tensorCount = reader.takeU64();
  const entryCount = reader.takeU64();
  if (tensorCount > MAX_TENSORS) throw reader.malformed(`${tensorCount} tensors`);
  if (entryCount > MAX_METADATA_ENTRIES) throw reader.malformed(`${entryCount} metadata entries`);
  return { version, tensorCount, entryCount };
}

function unsupportedVersion(version: number, displayName: string): ModelError {
  const isByteSwapped = version !== 0 && (version & 0xffff) === 0;
  const found = isByteSwapped ? "is in big-endian byte order" : `has version ${version} of the GGUF format`;
  return new ModelError(
    "UNSUPPORTED_VERSION",
    `${displayName} ${found}; versions ${OLDEST_VERSION} and ${NEWEST_VERSION}, little-endian, are supported`,
  );
}

function alignmentOf(metadata: GgufMetadata, reader: GgufReader): number {
  const alignment = metadata.get("general.alignment") ?? DEFAULT_ALIGNMENT;
  if (typeof alignment !== "number" || !Number.isInteger(Math.log2(alignment)) || alignment < 1) {
    throw reader.malformed(`an alignment of ${JSON.stringify(alignment)}`);
  }
  return alignment;
}

function alignUp(bytes: number, alignment: number): number {
  return Math.ceil(bytes / alignment) * alignment;
}
