import { type ChildProcessByStdio, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { LAUNCHER } from "../support/launcher.js";

export interface CommandEnd {
  /** Standard output and standard error, as a terminal mixes them. */
  readonly printed: string;
  readonly status: number;
}

/** One bash for the commands of a page, so that a variable that one sets is there for the next. Disposing kills what the commands left behind. */
export class PageShell implements AsyncDisposable {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #closed: Promise<unknown>;
  #printed = "";
  #more: () => void = () => undefined;

  /**
   * @param folder where the commands run
   * @param address of the server that `rill` calls
   */
  constructor(folder: string, address: string) {
    this.#child = spawn("bash", ["--noprofile", "--norc"], {
      cwd: folder,
      env: { ...process.env, RILL_ADDRESS: address },
      stdio: ["pipe", "pipe", "ignore"],
      // A process group of its own, which is killed as a whole.
      detached: true,
    });
    this.#closed = once(this.#child, "close");
    this.#child.stdin.on("error", () => undefined);
    this.#child.stdout.on("data", (bytes: Buffer) => {
      this.#printed += bytes.toString();
      this.#more();
    });
    this.#child.stdout.on("close", () => this.#more());
    this.#child.stdin.write(`exec 2>&1\nrill() { "${process.execPath}" "${LAUNCHER}" "$@"; }\nexport -f rill\n`);
  }

  /** @throws Error where the command has not ended within the limit, or ended the shell */
  async run(command: string, limitMs: number): Promise<CommandEnd> {
    const mark = `end-${randomUUID()}`;
    this.#printed = "";
    this.#child.stdin.write(`{ ${command}\n} </dev/null\nprintf '\\n%s %d\\n' ${mark} $?\n`);
    const ending = new RegExp(`\\n${mark} (\\d+)\\n`);
    const deadline = AbortSignal.timeout(limitMs);
    const late = once(deadline, "abort");
    for (;;) {
      const end = ending.exec(this.#printed);
      if (end !== null) return { printed: this.#printed.slice(0, end.index), status: Number(end[1]) };
      if (deadline.aborted || this.#child.stdout.closed)
        throw new Error(`no end of the command; so far:\n${this.#printed}`);
      await Promise.race([late, new Promise<void>((resolve) => (this.#more = resolve))]);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      process.kill(-(this.#child.pid ?? 0), "SIGKILL");
    } catch {
      // The shell and all that it started have ended.
    }
    await this.#closed;
  }
}
