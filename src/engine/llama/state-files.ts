import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statfsSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeFolders } from "../../machine/make-folders.js";

/** The share of the file system's free room that is left to others. */
const SPARED_SHARE = 0.1;
const PREFIX = "rill-state-";
/** A folder in memory on Linux. */
const MEMORY_ROOT = "/dev/shm";

export interface StateFilesOptions {
  /** The most bytes of all files together. 0: no state is saved. */
  readonly budgetBytes: number;
  /** The roots of the folder, best first. Default: in memory, then on the disk. */
  readonly roots?: readonly string[];
}

/** A file with mode 0600. Disposing removes it and gives its bytes back; disposing again does nothing. */
export interface StateFile extends Disposable {
  readonly path: string;
  /** Counts the bytes of the written file. @returns false if there was no room for them; the file has to be disposed of then */
  measure(bytes: number): boolean;
}

/** The files of saved state, in a private folder of this process and within a budget of bytes. */
export class StateFiles implements Disposable {
  readonly #budgetBytes: number;
  readonly #roots: readonly string[];
  #directory: StateDirectory | undefined;
  #usedBytes = 0;
  #files = 0;

  constructor({ budgetBytes, roots = defaultStateRoots() }: StateFilesOptions) {
    this.#budgetBytes = budgetBytes;
    this.#roots = roots;
    // The folder is opened before the first file, since what a killed process left takes up memory.
    this.#directory = budgetBytes > 0 ? openStateDirectory(roots, budgetBytes) : undefined;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** @param expectedBytes the size that the file will have @returns undefined if there is no room */
  create(expectedBytes: number): StateFile | undefined {
    // The folder may have been removed by a clean-up of its root.
    if (this.#directory !== undefined && !existsSync(this.#directory.path)) {
      this.#directory = openStateDirectory(this.#roots, this.#budgetBytes);
    }
    const directory = this.#directory;
    if (directory === undefined || this.#usedBytes + expectedBytes > this.#budgetBytes) return undefined;
    if (expectedBytes > directory.freeBytes() * (1 - SPARED_SHARE)) return undefined;
    this.#files += 1;
    const path = join(directory.path, String(this.#files));
    try {
      // llama.cpp writes into the existing file, so its mode stays.
      closeSync(openSync(path, "wx", 0o600));
    } catch {
      return undefined;
    }
    return this.#fileAt(path);
  }

  #fileAt(path: string): StateFile {
    let countedBytes = 0;
    return {
      path,
      measure: (bytes) => {
        this.#usedBytes += bytes - countedBytes;
        countedBytes = bytes;
        return this.#usedBytes <= this.#budgetBytes;
      },
      [Symbol.dispose]: () => {
        rmSync(path, { force: true });
        this.#usedBytes -= countedBytes;
        countedBytes = 0;
      },
    };
  }

  [Symbol.dispose](): void {
    this.#directory?.[Symbol.dispose]();
    this.#directory = undefined;
  }
}

/** A folder that belongs to this process alone and is removed with it. */
interface StateDirectory extends Disposable {
  readonly path: string;
  /** The room that its file system has at this moment. */
  freeBytes(): number;
}

/** The roots for saved state, best first: in memory, then on the disk. */
function defaultStateRoots(): readonly string[] {
  return process.platform === "linux" ? [MEMORY_ROOT, tmpdir()] : [tmpdir()];
}

/**
 * Makes a private folder (mode 0700) in the first root that has room for `wantedBytes`, or else in the one with the most. It also removes from the
 * roots what killed processes left behind.
 * @returns undefined if no root can be written to
 */
export function openStateDirectory(roots: readonly string[], wantedBytes: number): StateDirectory | undefined {
  for (const root of roots) sweep(root);
  const byRoom = roots
    .map((root) => ({ root, freeBytes: freeBytesOf(root) }))
    .sort((a, b) => Math.min(b.freeBytes, wantedBytes) - Math.min(a.freeBytes, wantedBytes));
  for (const { root } of byRoom) {
    try {
      const path = mkdtempSync(join(root, `${PREFIX}${processMark(process.pid) ?? "0-0-0"}-`));
      return {
        path,
        freeBytes: () => freeBytesOf(path),
        [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
      };
    } catch {
      // The next root may be writable.
    }
  }
  return undefined;
}

function freeBytesOf(path: string): number {
  try {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  } catch {
    return 0;
  }
}

/** Removes the folders of processes that have ended. A folder that can't be removed belongs to another user. */
function sweep(root: string): void {
  let names: string[];
  try {
    names = readdirSync(root);
  } catch {
    return;
  }
  for (const name of names) {
    const [, mark] = /^rill-state-(\d+-\d+-\d+)-/.exec(name) ?? [];
    if (mark === undefined || !hasEnded(mark)) continue;
    try {
      rmSync(join(root, name), { recursive: true, force: true });
    } catch {
      // The folder belongs to another user.
    }
  }
}

/**
 * Makes the folder for saved state, and says why it can't be used. Called on the main thread, before the engine is started.
 * @param directory the value of the setting: `auto` or a path
 * @returns undefined if the folder, or one of those that `auto` stands for, can be written to
 */
export function stateDirectoryProblem(directory: string, roots = defaultStateRoots()): string | undefined {
  const refusals = (directory === "auto" ? roots : [directory]).map(refusalOf);
  if (refusals.includes(undefined)) return undefined;
  return `no folder can take saved state, so preempted generations are prefilled again: ${refusals.join("; ")}`;
}

/** @returns undefined if the folder can be written to */
function refusalOf(path: string): string | undefined {
  try {
    makeFolders(path, 0o700);
    accessSync(path, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return `${path} (${error instanceof Error && "code" in error ? String(error.code) : String(error)})`;
  }
}

/**
 * Names a process for as long as the machine runs, so that what it left behind can be told from what another process still uses. The mark has the
 * namespace of process ids, the process id in it and the start time; elsewhere than on Linux it has the id alone.
 */
export function processMark(processId: number): string | undefined {
  if (process.platform !== "linux") return isAlive(processId) ? `0-${processId}-0` : undefined;
  try {
    const [namespace = "0"] = /\d+/.exec(readlinkSync("/proc/self/ns/pid")) ?? [];
    // The command's name, in parentheses, may hold spaces; the start time is the 22nd field of the line, the 20th after it.
    const stat = readFileSync(`/proc/${processId}/stat`, "utf8");
    const startTime = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "0";
    return `${namespace}-${processId}-${startTime}`;
  } catch {
    return undefined;
  }
}

/** Whether the process that a mark names has ended. A mark from another namespace of process ids counts as running. */
function hasEnded(mark: string): boolean {
  const [namespace, processId] = mark.split("-");
  const [ownNamespace] = (processMark(process.pid) ?? "").split("-");
  if (namespace !== ownNamespace) return false;
  return processMark(Number(processId)) !== mark;
}

function isAlive(processId: number): boolean {
  try {
    return process.kill(processId, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
