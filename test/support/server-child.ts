import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { Deferred } from "../../src/sync/deferred.js";
import { LAUNCHER } from "./launcher.js";

const LINES_KEPT = 10_000;
const FAULTY_SERVE = fileURLToPath(new URL("../e2e/faulty-serve.js", import.meta.url));

export interface ServerExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export type LogLine = Readonly<Record<string, unknown>>;

export interface ServerChildOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** What runs the script, and its first arguments. Default: this version of Node. */
  readonly command?: readonly [program: string, ...args: string[]];
  /** Working folder of the process. Default: that of the tests. */
  readonly folder?: string;
  /** Gets every log line as it comes. */
  readonly onLog?: (line: LogLine) => void;
}

/** A serving process under test, from its first line to its end. Disposing kills it when it still runs. */
export class ServerChild implements AsyncDisposable {
  readonly exited: Promise<ServerExit>;
  /** The newest lines, oldest first. */
  readonly log: LogLine[] = [];
  stderr = "";
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #onLog: (line: LogLine) => void;
  readonly #awaited = new Map<string, Deferred<LogLine>>();

  private constructor(script: string, args: readonly string[], options: ServerChildOptions) {
    this.#onLog = options.onLog ?? (() => undefined);
    const [program, ...first] = options.command ?? [process.execPath];
    this.#child = spawn(program, [...first, script, ...args], {
      cwd: options.folder,
      stdio: ["ignore", "pipe", "pipe"],
      // Nothing of what a test does is left on the machine.
      env: { ...process.env, RILL_STORE: "memory:", ...options.environment },
    });
    this.#child.stderr.on("data", (bytes: Buffer) => (this.stderr += bytes.toString()));
    createInterface({ input: this.#child.stdout }).on("line", (text) => this.#read(text));
    this.exited = once(this.#child, "close").then(([code, signal]: unknown[]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
    }));
  }

  /** `rill serve`, as a user starts it. */
  static launch(flags: readonly string[], options: ServerChildOptions = {}): ServerChild {
    return new ServerChild(LAUNCHER, ["serve", ...flags], options);
  }

  /** The same composition over faulty-worker.ts, with the fault that it is to have. */
  static launchFaulty(fault: string, flags: Readonly<Record<string, string>>): ServerChild {
    return new ServerChild(FAULTY_SERVE, [JSON.stringify(flags)], { environment: { FAULT: fault } });
  }

  /** Another program of the tests that says `ready` on standard output as `rill serve` does. @param program its compiled module */
  static launchProgram(program: URL, args: readonly string[], options: ServerChildOptions = {}): ServerChild {
    return new ServerChild(fileURLToPath(program), args, options);
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

  /** Waits until standard error has the pattern. @throws Error when the process ends without it */
  async told(pattern: RegExp): Promise<void> {
    const isOver = this.exited.then(() => true);
    while (!pattern.test(this.stderr)) {
      const isEnd = await Promise.race([once(this.#child.stderr, "data").then(() => false), isOver]);
      if (isEnd && !pattern.test(this.stderr)) throw new Error(`ended without ${String(pattern)}: ${this.stderr}`);
    }
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
    this.#onLog(line);
    if (this.log.push(line) > LINES_KEPT) this.log.shift();
    this.#awaited.get(String(line.msg))?.resolve(line);
  }
}
