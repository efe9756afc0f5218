import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

const START_LIMIT_MS = 60_000;
const KEPT_LINES = 200;
const LISTENING = /listening on (http:\/\/\S+)/;

export interface PeerServerOptions {
  /** The binary, from findOrBuildPeer. */
  readonly path: string;
  readonly modelPath: string;
  readonly slots: number;
  /** Tokens that one slot holds, input and output together. */
  readonly contextTokens: number;
  readonly threads: number;
  /** Further flags, such as `-b 128`. */
  readonly flags?: readonly string[];
}

/** A running llama-server on a free port of the loopback, flash attention on. Disposing it ends the process and waits until it is gone. */
export class PeerServer implements AsyncDisposable {
  /** Such as http://127.0.0.1:40123 */
  readonly baseUrl: string;
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;

  /** Resolves when the model is loaded and /health says so. @throws Error with the last log lines when it ends or takes over 60 s */
  static async start(options: PeerServerOptions): Promise<PeerServer> {
    const { path, modelPath, slots, contextTokens, threads, flags = [] } = options;
    const size = ["-np", `${slots}`, "-c", `${slots * contextTokens}`, "-t", `${threads}`, "-fa", "on"];
    const binDir = dirname(path);
    const child = spawn(path, ["-m", modelPath, "--host", "127.0.0.1", "--port", "0", ...size, ...flags], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, LD_LIBRARY_PATH: binDir },
    });
    const closed = once(child, "close");
    try {
      const baseUrl = await listeningUrl(child, closed);
      await requireHealthy(baseUrl);
      return new PeerServer(baseUrl, child, closed);
    } catch (error) {
      child.kill("SIGKILL");
      throw error;
    }
  }

  private constructor(baseUrl: string, child: ChildProcess, closed: Promise<unknown>) {
    this.baseUrl = baseUrl;
    this.pid = child.pid ?? 0;
    this.#child = child;
    this.#closed = closed;
  }

  /** Sends JSON and reads JSON, e.g. `/tokenize`. @throws Error on any other status than 200 */
  async post(route: string, body: object): Promise<unknown> {
    const response = await fetch(`${this.baseUrl}${route}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`llama-server answered ${response.status} to ${route}: ${await response.text()}`);
    return response.json();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#closed;
  }
}

/** The address from the log, which comes when the model is loaded. The log is read to its end, or the server would block on it. */
function listeningUrl({ stdout, stderr }: ChildProcess, closed: Promise<unknown>): Promise<string> {
  const lastLines: string[] = [];
  const startError = (what: string): Error =>
    new Error(`llama-server ${what}; its last lines:\n${lastLines.join("\n")}`);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(startError("did not start in time")), START_LIMIT_MS);
    const onLine = (line: string): void => {
      lastLines.push(line);
      if (lastLines.length > KEPT_LINES) lastLines.shift();
      const [, url] = LISTENING.exec(line) ?? [];
      if (url === undefined) return;
      clearTimeout(timer);
      resolve(url);
    };
    for (const input of [stdout, stderr].filter((stream): stream is Readable => stream !== null)) {
      createInterface({ input }).on("line", onLine);
    }
    closed.then(
      () => {
        clearTimeout(timer);
        reject(startError("ended"));
      },
      (error: unknown) => reject(new Error("llama-server can't be started", { cause: error })),
    );
  });
}

async function requireHealthy(baseUrl: string): Promise<void> {
  const { status } = await fetch(`${baseUrl}/health`);
  if (status !== 200) throw new Error(`llama-server says it listens, but /health answers ${status}`);
}
