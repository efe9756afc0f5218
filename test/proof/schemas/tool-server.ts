import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { Deferred } from "../../../src/sync/deferred.js";

/** The whole exchange with one server, which may start slowly on a busy machine. */
const EXCHANGE_LIMIT_MS = 90_000;
const PROTOCOL_VERSION = "2025-06-18";
/** The end of the standard error, as shown when a server gives no list. */
const ERROR_CHARACTERS = 600;

/** A tool as `tools/list` gives it, as far as the proof needs it. */
export interface ListedTool {
  readonly name: string;
  readonly inputSchema: unknown;
}

export interface ServerCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly folder: string;
}

interface Message {
  readonly id?: number | string;
  readonly method?: string;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/**
 * Starts an MCP server on its standard input and output, and asks for the list of its tools, page after page.
 * @throws Error with the end of its standard error where it gives no list in time
 */
export async function listTools(command: ServerCommand): Promise<readonly ListedTool[]> {
  await using server = new ToolServer(command);
  await server.ask("initialize", {
    protocolVersion: PROTOCOL_VERSION,
    capabilities: { roots: { listChanged: true }, sampling: {}, elicitation: {} },
    clientInfo: { name: "rill-proof", version: "0.1.0" },
  });
  server.send({ method: "notifications/initialized" });
  const tools: ListedTool[] = [];
  let cursor: string | undefined;
  do {
    const answer = await server.ask("tools/list", cursor === undefined ? {} : { cursor });
    const page = answer as { readonly tools: readonly ListedTool[]; readonly nextCursor?: string };
    tools.push(...page.tools);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return tools;
}

/** A running MCP server. Disposing kills it with all that it has started. */
class ToolServer implements AsyncDisposable {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #ended: Promise<unknown>;
  readonly #limit: NodeJS.Timeout;
  readonly #answers = new Map<number, Deferred<unknown>>();
  #stderr = "";
  #failure: Error | undefined;
  #asked = 0;

  constructor({ program, args, environment, folder }: ServerCommand) {
    this.#child = spawn(program, args, { cwd: folder, env: environment, stdio: "pipe", detached: true });
    this.#child.stderr.on("data", (bytes: Buffer) => {
      this.#stderr = (this.#stderr + bytes.toString()).slice(-ERROR_CHARACTERS);
    });
    this.#child.on("error", (error) => {
      this.#fail(error.message);
    });
    this.#child.stdin.on("error", (error) => {
      this.#fail(error.message);
    });
    createInterface({ input: this.#child.stdout }).on("line", (line) => {
      this.#read(line);
    });
    this.#ended = once(this.#child, "close").then(() => {
      this.#fail("it has ended");
    });
    this.#limit = setTimeout(() => {
      this.#fail(`it gave no list in ${EXCHANGE_LIMIT_MS / 1_000} s`);
    }, EXCHANGE_LIMIT_MS);
  }

  async ask(method: string, params: object): Promise<unknown> {
    if (this.#failure !== undefined) throw this.#failure;
    this.#asked += 1;
    const answer = new Deferred<unknown>();
    this.#answers.set(this.#asked, answer);
    this.send({ id: this.#asked, method, params });
    return await answer.promise;
  }

  send(message: object): void {
    this.#child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#limit);
    try {
      process.kill(-(this.#child.pid ?? Number.NaN), "SIGKILL");
    } catch (error) {
      // The group is gone where the server has ended by itself.
      if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
    }
    await this.#ended;
  }

  #read(line: string): void {
    // Some servers also log to their standard output.
    if (!line.startsWith("{")) return;
    const { id, method, result, error } = JSON.parse(line) as Message;
    if (method !== undefined) {
      if (id !== undefined)
        this.send({ id, ...(method === "roots/list" ? { result: { roots: [] } } : { result: {} }) });
      return;
    }
    const answer = this.#answers.get(Number(id));
    if (error === undefined) answer?.resolve(result);
    else answer?.reject(new Error(error.message));
  }

  #fail(reason: string): void {
    this.#failure ??= new Error(`${reason}; it said: ${this.#stderr.trim()}`);
    for (const answer of this.#answers.values()) answer.reject(this.#failure);
  }
}
