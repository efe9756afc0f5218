import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { chown, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { freePort, type PostgresServer } from "./postgres-server.js";

/** PgBouncer in front of a PostgreSQL server of the tests, with few connections for many clients. */
export class PgBouncer implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #port: number;

  private constructor(child: ChildProcess, folder: string, port: number) {
    this.#child = child;
    this.#folder = folder;
    this.#port = port;
  }

  /** undefined: PgBouncer is not installed here. */
  static async start(server: PostgresServer, poolMode: "transaction" | "statement"): Promise<PgBouncer | undefined> {
    const program = findProgram();
    if (program === undefined) return undefined;
    const { identity } = server;
    const folder = await mkdtemp(join(tmpdir(), "rill-pgbouncer-"));
    if (identity !== undefined) await chown(folder, identity.uid, identity.gid);
    const port = await freePort();
    const lines = [
      "[databases]",
      `* = host=127.0.0.1 port=${server.port} user=rill`,
      "[pgbouncer]",
      "listen_addr = 127.0.0.1",
      `listen_port = ${port}`,
      "unix_socket_dir =",
      "auth_type = any",
      `pool_mode = ${poolMode}`,
      "default_pool_size = 3",
    ];
    const path = join(folder, "pgbouncer.ini");
    await writeFile(path, `${lines.join("\n")}\n`);
    const child = spawn(program, [path], { ...identity, cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
    for await (const line of createInterface(child.stderr)) {
      if (line.includes("process up")) break;
    }
    child.stderr.resume();
    if (child.exitCode !== null) throw new Error(`PgBouncer ended with ${child.exitCode}`);
    return new PgBouncer(child, folder, port);
  }

  /** The address at which the bouncer serves a database of its server. */
  addressOf(serverAddress: string): string {
    const url = new URL(serverAddress);
    url.port = String(this.#port);
    return url.href;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGQUIT");
    await exited;
    await rm(this.#folder, { recursive: true });
  }
}

/** Debian keeps it out of the path of ordinary users. */
function findProgram(): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin"];
  return folders.map((folder) => join(folder, "pgbouncer")).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
