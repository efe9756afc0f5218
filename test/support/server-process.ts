import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { residentBytes } from "./resident-bytes.js";
import { type LogLine, ServerChild, type ServerChildOptions } from "./server-child.js";

export interface ServerProcessOptions extends ServerChildOptions {
  /** Flags of `rill serve`; `--listen 127.0.0.1:0` and `--admin-listen 127.0.0.1:0` are added unless they are given. */
  readonly flags: readonly string[];
}

/** A ServerChild that is ready, on free ports, and what the operating system and its metrics say of it. Disposing kills what is still running. */
export class ServerProcess implements AsyncDisposable {
  readonly address: string;
  readonly adminAddress: string;
  readonly #child: ServerChild;

  private constructor(child: ServerChild, ready: { readonly address: string; readonly adminAddress: string }) {
    this.#child = child;
    this.address = ready.address;
    this.adminAddress = ready.adminAddress;
  }

  /** @throws Error with the log so far where the process ends before it is ready. */
  static async start({ flags, ...options }: ServerProcessOptions): Promise<ServerProcess> {
    const ports = ["--listen", "--admin-listen"].flatMap((flag) => (flags.includes(flag) ? [] : [flag, "127.0.0.1:0"]));
    return await ServerProcess.of(ServerChild.launch([...ports, ...flags], options));
  }

  /** A child that was launched otherwise, once it is ready. @throws Error where it ends before */
  static async of(child: ServerChild): Promise<ServerProcess> {
    return new ServerProcess(child, await child.ready());
  }

  get processId(): number {
    return this.#child.processId;
  }

  /** The newest log lines, oldest first. */
  get log(): readonly LogLine[] {
    return this.#child.log;
  }

  /** Resident memory, in bytes. Linux only. */
  residentBytes(): number {
    return residentBytes(this.processId);
  }

  /** Processor time that the main thread has had so far. Linux only. */
  mainThreadMs(): number {
    const [runNs] = readFileSync(`/proc/${this.processId}/task/${this.processId}/schedstat`, "utf8").split(" ");
    return Number(runNs) / 1e6;
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
    this.#child.kill(signal);
    const { code } = await this.#child.exited;
    return code ?? undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child[Symbol.asyncDispose]();
  }
}
