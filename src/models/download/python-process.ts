import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { onAbort } from "../../sync/abort.js";
import { ModelError, systemCodeOf } from "../files/model-error.js";

/** The most characters of a child's errors that are kept. Their end holds the reason of a failure. */
const KEPT_COMPLAINT_CHARACTERS = 4_096;

export interface PythonProcessOptions {
  /** The commands to try. The first that exists is used. */
  readonly commands: readonly string[];
  readonly args: readonly string[];
  readonly signal: AbortSignal;
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

/** A running Python interpreter. Disposing of it ends the process and waits for its exit; the signal ends it too, without the wait. */
export class PythonProcess implements AsyncDisposable {
  readonly #child: Child;
  readonly #closed: Promise<void>;
  readonly #unhook: Disposable;
  #complaint = "";

  /** @throws ModelError SOURCE_FAILED when there is no Python */
  static async start({ commands, args, signal }: PythonProcessOptions): Promise<PythonProcess> {
    for (const command of commands) {
      signal.throwIfAborted();
      const child: Child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
      if (await hasSpawned(child, command)) return new PythonProcess(child, signal);
    }
    throw new ModelError("SOURCE_FAILED", `there is no Python on this machine (tried ${commands.join(", ")})`);
  }

  private constructor(child: Child, signal: AbortSignal) {
    this.#child = child;
    this.#closed = new Promise((resolve) => child.once("close", () => resolve()));
    this.#unhook = onAbort(signal, () => child.kill());
    child.on("error", (error) => this.#complain(error.message));
    child.stderr.setEncoding("utf8").on("data", (text: string) => this.#complain(text));
  }

  /** The standard output. The caller reads it to its end, or calls only `discardOutput`. */
  get output(): AsyncIterable<Uint8Array> {
    return this.#child.stdout;
  }

  discardOutput(): void {
    this.#child.stdout.resume();
  }

  /**
   * Waits for the exit.
   *
   * @throws ModelError SOURCE_FAILED with the last lines of the process's errors if it failed
   */
  async succeeded(): Promise<void> {
    await this.#closed;
    if (this.#child.exitCode === 0) return;
    throw new ModelError("SOURCE_FAILED", lastLineOf(this.#complaint) ?? `Python ended with ${this.#ending()}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#unhook[Symbol.dispose]();
    this.#child.kill();
    this.discardOutput();
    await this.#closed;
  }

  #complain(text: string): void {
    this.#complaint = (this.#complaint + text).slice(-KEPT_COMPLAINT_CHARACTERS);
  }

  #ending(): string {
    return this.#child.signalCode ?? `exit code ${String(this.#child.exitCode)}`;
  }
}

async function hasSpawned(child: Child, command: string): Promise<boolean> {
  try {
    await once(child, "spawn");
    return true;
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return false;
    throw new ModelError("SOURCE_FAILED", `${command} can't be started (${String(error)})`, error);
  }
}

/** Returns the line that names the cause. pip prints hints after its errors, so an error line is preferred. */
function lastLineOf(complaint: string): string | undefined {
  const lines = complaint.split(/\r?\n/).filter((line) => line.trim() !== "");
  return lines.findLast((line) => line.startsWith("ERROR:")) ?? lines.at(-1);
}
