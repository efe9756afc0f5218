import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { stripVTControlCharacters } from "node:util";

const CTRL_C = "\u0003";

/** Whether this machine can give a program a terminal of its own, which takes the `script` of util-linux. */
export function hasTerminals(): boolean {
  return spawnSync("script", ["--version"]).status === 0;
}

/** A Node program at a terminal of its own, 200 columns wide. Disposing kills it. */
export class TerminalChild implements AsyncDisposable {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #closed: Promise<unknown>;
  #raw = "";

  /** @param words the script and its arguments */
  constructor(words: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    const command = [process.execPath, ...words].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
    this.#child = spawn("script", ["-qec", `stty cols 200; echo process $$; exec ${command}`, "/dev/null"], {
      stdio: ["pipe", "pipe", "ignore"],
      env: { ...process.env, RILL_STORE: "memory:", TERM: "xterm-256color", ...environment },
    });
    this.#child.stdout.setEncoding("utf8").on("data", (text: string) => (this.#raw += text));
    this.#child.stdin.on("error", () => undefined);
    this.#closed = once(this.#child, "close");
  }

  /** Everything that the terminal has shown, without colours and movements of the cursor, with plain line breaks. */
  get text(): string {
    return stripVTControlCharacters(this.#raw.replaceAll("\u001b[0G", "\n")).replaceAll("\r", "");
  }

  /** Waits until the terminal shows the pattern. @throws Error with the text if the program ends without it */
  async shows(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.text);
      if (found !== null) return found;
      const isOver = await Promise.race([
        once(this.#child.stdout, "data").then(() => false),
        this.#closed.then(() => true),
      ]);
      if (isOver && !pattern.test(this.text)) throw new Error(`ended without ${String(pattern)}:\n${this.text}`);
    }
  }

  pressCtrlC(): void {
    this.#child.stdin.write(CTRL_C);
  }

  /** Waits for the end. A program that a signal ended has the exit code 128 plus the signal's number, as in a shell. */
  async ended(): Promise<number | null> {
    await this.#closed;
    return this.#child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A server that loses its terminal would drain, which may take long.
    const [, processId] = /^process (\d+)$/m.exec(this.text) ?? [];
    if (processId === undefined) this.#child.kill("SIGKILL");
    else if (this.#child.exitCode === null) killIfThere(Number(processId));
    await this.#closed;
  }
}

function killIfThere(processId: number): void {
  try {
    process.kill(processId, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
