import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { Deferred } from "../../src/sync/deferred.js";

const LAUNCHER = fileURLToPath(new URL("../../src/cli/launcher.cjs", import.meta.url));
const FAULTY_SERVE = fileURLToPath(new URL("./faulty-serve.js", import.meta.url));

export interface ServerExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

type LogLine = Readonly<Record<string, unknown>>;

/** A serving process under test, from its first line to its end. Disposing kills it when it still runs. */
export class ServerChild implements AsyncDisposable {
  readonly exited: Promise<ServerExit>;
  readonly log: LogLine[] = [];
  stderr = "";
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #awaited = new Map<string, Deferred<LogLine>>();

  private constructor(script: string, args: readonly string[], environment: Readonly<Record<string, string>>) {
    this.#child = spawn(process.execPath, [script, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...environment },
    });
    this.#child.stderr.on("data", (bytes: Buffer) => (this.stderr += bytes.toString()));
    createInterface({ input: this.#child.stdout }).on("line", (text) => this.#read(text));
    this.exited = once(this.#child, "close").then(([code, signal]: unknown[]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
    }));
  }

  /** `rill serve`, as a user starts it. */
  static launch(flags: readonly string[], environment = {}): ServerChild {
    return new ServerChild(LAUNCHER, ["serve", ...flags], environment);
  }

  /** The same composition over faulty-worker.ts, with the fault that it is to have. */
  static launchFaulty(fault: string, flags: Readonly<Record<string, string>>): ServerChild {
    return new ServerChild(FAULTY_SERVE, [JSON.stringify(flags)], { FAULT: fault });
  }

  get processId(): number {
    return this.#child.pid ?? 0;
  }

  /** The first log line with this message. @throws Error when the process ends without one */
  async logged(message: string): Promise<LogLine> {
    const line = this.log.find(({ msg }) => msg === message);
    if (line !== undefined) return line;
    const awaited = this.#awaited.get(message) ?? new Deferred<LogLine>();
    this.#awaited.set(message, awaited);
    const ended = this.exited.then(({ code }) => {
      throw new Error(
        `ended with ${String(code)} before "${message}": ${this.stderr}\n${JSON.stringify(this.log.slice(-5))}`,
      );
    });
    return await Promise.race([awaited.promise, ended]);
  }

  /** The bound addresses. */
  async ready(): Promise<{ readonly address: string; readonly adminAddress: string }> {
    const { address, adminAddress } = await this.logged("ready");
    return { address: String(address), adminAddress: String(adminAddress) };
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** As when the terminal or the log collector goes away. */
  closeOutputs(): void {
    this.#child.stdout.destroy();
    this.#child.stderr.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.exited;
  }

  #read(text: string): void {
    const line = JSON.parse(text) as LogLine;
    this.log.push(line);
    this.#awaited.get(String(line.msg))?.resolve(line);
  }
}
