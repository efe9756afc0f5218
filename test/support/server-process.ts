import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const LAUNCHER = fileURLToPath(new URL("../../src/cli/launcher.cjs", import.meta.url));
const LINES_KEPT = 10_000;

export type LogLine = Readonly<Record<string, unknown>>;

export interface ServerProcessOptions {
  /** Flags of `rill serve`; `--listen 127.0.0.1:0 --admin-listen 127.0.0.1:0` are added. */
  readonly flags: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Gets every log line as it comes. */
  readonly onLog?: (line: LogLine) => void;
}

/** `rill serve` as a user starts it: the built launcher in a process of its own, on free ports. Disposing kills what is still running. */
export class ServerProcess implements AsyncDisposable {
  readonly address: string;
  readonly adminAddress: string;
  readonly #child: ChildProcess;
  readonly #log: LogLine[];

  private constructor(child: ChildProcess, log: LogLine[], ready: LogLine) {
    this.#child = child;
    this.#log = log;
    this.address = String(ready.address);
    this.adminAddress = String(ready.adminAddress);
  }

  /** Resolves on the `ready` log line. @throws Error with the log so far where the process ends before it. */
  static async start(options: ServerProcessOptions): Promise<ServerProcess> {
    const flags = ["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", ...options.flags];
    const child = spawn(process.execPath, [LAUNCHER, "serve", ...flags], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...options.environment },
    });
    const log: LogLine[] = [];
    let complaint = "";
    child.stderr.on("data", (text: Buffer) => (complaint = (complaint + text.toString()).slice(-4096)));
    const ready = await new Promise<LogLine>((resolve, reject) => {
      child.once("exit", (code) => {
        reject(
          new Error(
            `rill serve ended with ${String(code)} before it was ready: ${complaint}${JSON.stringify(log.slice(-5))}`,
          ),
        );
      });
      createInterface({ input: child.stdout }).on("line", (text) => {
        const line = parseLine(text);
        options.onLog?.(line);
        if (log.push(line) > LINES_KEPT) log.shift();
        if (line.msg === "ready") resolve(line);
      });
    });
    return new ServerProcess(child, log, ready);
  }

  get processId(): number {
    return this.#child.pid ?? 0;
  }

  /** The newest log lines, oldest first. */
  get log(): readonly LogLine[] {
    return this.#log;
  }

  /** Resident memory, in bytes. Linux only. */
  residentBytes(): number {
    const status = readFileSync(`/proc/${String(this.processId)}/status`, "utf8");
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
  }

  /** What the open file descriptors stand for, such as `socket` or a path, each with its number. Linux only. */
  openDescriptors(): string[] {
    const folder = `/proc/${this.processId}/fd`;
    const counts = new Map<string, number>();
    for (const name of readdirSync(folder)) {
      const kind = readlinkSync(join(folder, name)).replace(/:\[\d+\]$/, "");
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
    return [...counts].map(([kind, count]) => `${kind}×${count}`).toSorted();
  }

  /** Value of an unlabelled or fully written metric, such as `rill_slots_busy`. */
  async metric(name: string): Promise<number> {
    const response = await fetch(`http://${this.adminAddress}/metrics`, { headers: { connection: "close" } });
    const text = await response.text();
    const line = text.split("\n").find((candidate) => candidate.startsWith(`${name} `));
    if (line === undefined) throw new Error(`no metric ${name} in:\n${text}`);
    return Number(line.slice(name.length + 1));
  }

  /** Sends the signal and resolves to the exit code, undefined where a signal ended the process. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number | undefined> {
    if (this.#child.exitCode !== null) return this.#child.exitCode;
    const exited = once(this.#child, "exit") as Promise<[number | null]>;
    this.#child.kill(signal);
    const [code] = await exited;
    return code ?? undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.signalCode === null) await this.stop("SIGKILL");
  }
}

function parseLine(text: string): LogLine {
  try {
    return JSON.parse(text) as LogLine;
  } catch {
    return { msg: text };
  }
}
