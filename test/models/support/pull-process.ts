import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

const PULL_MAIN = fileURLToPath(new URL("./pull-main.js", import.meta.url));

export interface PullEnd {
  readonly exitCode: number | null;
  readonly output: string;
  readonly complaint: string;
}

/** `rill pull` in a process of its own. Disposing it kills what still runs. */
export class PullProcess implements AsyncDisposable {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #closed: Promise<unknown>;
  readonly #complaint: string[] = [];
  readonly #waiters = new Set<() => void>();
  #output = "";

  /** @param environment is added to the test's own */
  constructor(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    this.child = spawn(process.execPath, [PULL_MAIN, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...environment },
    });
    this.#closed = once(this.child, "close");
    this.child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.#output += text;
    });
    createInterface({ input: this.child.stderr }).on("line", (line) => {
      this.#complaint.push(line);
      for (const wake of this.#waiters) wake();
    });
  }

  /** Resolves when a line of standard error has matched. */
  async said(pattern: RegExp): Promise<void> {
    while (!this.#complaint.some((line) => pattern.test(line))) {
      await Promise.race([this.#nextLine(), this.#endedBefore(pattern)]);
    }
  }

  async ended(): Promise<PullEnd> {
    await this.#closed;
    return { exitCode: this.child.exitCode, output: this.#output, complaint: this.#complaint.join("\n") };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill("SIGKILL");
    await this.#closed;
  }

  #nextLine(): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiters.delete(wake);
        resolve();
      };
      this.#waiters.add(wake);
    });
  }

  async #endedBefore(pattern: RegExp): Promise<never> {
    await this.#closed;
    throw new Error(`rill pull ended without saying ${String(pattern)}:\n${this.#complaint.join("\n")}`);
  }
}
