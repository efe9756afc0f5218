import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import type { RillRun } from "./run-rill.js";
import { LAUNCHER } from "../support/launcher.js";

export interface RillEnd extends RillRun {
  readonly signal: NodeJS.Signals | null;
}

/**
 * The built `rill` while it runs. Its standard output is read only from the first call of `read` on. Disposing kills what still runs.
 */
export class RillChild implements AsyncDisposable {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #exited: Promise<unknown>;
  readonly #closed: Promise<unknown>;
  #stdout = "";
  #stderr = "";

  constructor(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(process.execPath, [LAUNCHER, ...args], {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, RILL_STORE: "memory:", ...environment },
    });
    this.#exited = once(this.#child, "exit");
    this.#closed = once(this.#child, "close");
    this.#child.stderr.on("data", (bytes: Buffer) => (this.#stderr += bytes.toString()));
    // The program may end without having read its input.
    this.#child.stdin.on("error", () => undefined);
  }

  /** Ends its standard input with a text. */
  type(text: string): void {
    this.#child.stdin.end(text);
  }

  /** Begins to read its output; resolves at the first of it. */
  async read(): Promise<void> {
    const some = once(this.#child.stdout, "data");
    this.#child.stdout.on("data", (bytes: Buffer) => (this.#stdout += bytes.toString()));
    await Promise.race([some, this.#closed]);
  }

  /** As `head` does when it has enough. */
  stopReading(): void {
    this.#child.stdout.destroy();
  }

  interrupt(): void {
    this.#child.kill("SIGINT");
  }

  /** Its end, and what was read of its output. */
  async ended(): Promise<RillEnd> {
    await this.#exited;
    this.#child.stdout.resume();
    await this.#closed;
    return { code: this.#child.exitCode, signal: this.#child.signalCode, stdout: this.#stdout, stderr: this.#stderr };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    this.#child.stdout.destroy();
    await this.#closed;
  }
}
