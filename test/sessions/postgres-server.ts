import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import pg from "pg";

const run = promisify(execFile);
const DEBIAN_FOLDER = "/usr/lib/postgresql";

/** The user that the server runs as, because PostgreSQL refuses to run as root. undefined: the user of the tests. */
interface Identity {
  readonly uid: number;
  readonly gid: number;
}

/** The certificate and the key of a server, in PEM. */
interface ServerPair {
  readonly certificate: string;
  readonly key: string;
}

interface PostgresConnection extends AsyncDisposable {
  run(statement: string): Promise<void>;
}

/** A PostgreSQL server of the tests' own, in a folder that goes with it. */
export class PostgresServer implements AsyncDisposable {
  readonly #folder: string;
  readonly #programs: string;
  readonly #identity: Identity | undefined;
  readonly #port: number;
  #process: ChildProcess | undefined;
  #databases = 0;
  #hasTls = false;

  private constructor(parts: { folder: string; programs: string; identity: Identity | undefined; port: number }) {
    this.#folder = parts.folder;
    this.#programs = parts.programs;
    this.#identity = parts.identity;
    this.#port = parts.port;
  }

  /** undefined: PostgreSQL is not installed here. @param pair the server's certificate; default: it has no TLS */
  static async start(pair?: ServerPair): Promise<PostgresServer | undefined> {
    const programs = await findPrograms();
    if (programs === undefined) return undefined;
    const identity = process.getuid?.() === 0 ? await findIdentity() : undefined;
    const folder = await mkdtemp(join(tmpdir(), "rill-postgres-"));
    if (identity !== undefined) await chown(folder, identity.uid, identity.gid);
    const flags = ["-D", join(folder, "data"), "-U", "rill", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C"];
    await run(join(programs, "initdb"), flags, { ...identity, cwd: folder });
    const server = new PostgresServer({ folder, programs, identity, port: await freePort() });
    if (pair !== undefined) await server.#useTls(pair);
    await server.up();
    return server;
  }

  get port(): number {
    return this.#port;
  }

  /** The user that programs beside it run as, if it is not the user of the tests. */
  get identity(): { readonly uid: number; readonly gid: number } | undefined {
    return this.#identity;
  }

  /** Makes everybody give a password, which is that of the user `rill`. It holds from the next start on. */
  async demandPassword(password: string): Promise<void> {
    await using connection = await this.connect("postgres");
    await connection.run(`alter role rill password '${password}'`);
    await writeFile(join(this.#folder, "data", "pg_hba.conf"), "host all all 127.0.0.1/32 scram-sha-256\n");
    await connection.run("select pg_reload_conf()");
  }

  async #useTls({ certificate, key }: ServerPair): Promise<void> {
    const files = { "server.crt": certificate, "server.key": key };
    for (const [name, text] of Object.entries(files)) {
      const path = join(this.#folder, name);
      await writeFile(path, text);
      await chmod(path, 0o600);
      if (this.#identity !== undefined) await chown(path, this.#identity.uid, this.#identity.gid);
    }
    this.#hasTls = true;
  }

  /** Starts the server, once it has gone down. */
  async up(): Promise<void> {
    const settings = {
      port: this.#port,
      listen_addresses: "127.0.0.1",
      unix_socket_directories: this.#folder,
      fsync: "off",
      ...(this.#hasTls
        ? {
            ssl: "on",
            ssl_cert_file: join(this.#folder, "server.crt"),
            ssl_key_file: join(this.#folder, "server.key"),
          }
        : {}),
    };
    const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    const child = spawn(join(this.#programs, "postgres"), ["-D", join(this.#folder, "data"), ...flags], {
      ...this.#identity,
      cwd: this.#folder,
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#process = child;
    for await (const line of createInterface(child.stderr)) {
      if (line.includes("ready to accept connections")) break;
    }
    child.stderr.resume();
    if (child.exitCode !== null) throw new Error(`PostgreSQL ended with ${child.exitCode}`);
  }

  /** SIGINT: connections are cut off in good order. SIGQUIT: as in a crash. */
  async down(signal: "SIGINT" | "SIGQUIT"): Promise<void> {
    const child = this.#process;
    if (child === undefined) return;
    this.#process = undefined;
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
  }

  /** The address of a new, empty database. */
  async createDatabase(): Promise<string> {
    const name = `d${++this.#databases}`;
    await using connection = await this.connect("postgres");
    await connection.run(`create database ${name}`);
    return this.#address(name);
  }

  /** A connection past the store, of which the caller disposes. */
  async connect(database: string): Promise<PostgresConnection> {
    const client = new pg.Client(this.#address(database));
    // A server that goes down says so to its connections.
    client.on("error", () => undefined);
    await client.connect();
    return {
      run: async (statement) => {
        await client.query(statement);
      },
      [Symbol.asyncDispose]: () => client.end(),
    };
  }

  /** One of the programs that come with it, such as pg_dump. */
  async runTool(name: string, flags: readonly string[]): Promise<void> {
    await run(join(this.#programs, name), flags);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down("SIGQUIT");
    await rm(this.#folder, { recursive: true });
  }

  #address(database: string): string {
    return `postgres://rill@127.0.0.1:${this.#port}/${database}`;
  }
}

/** The folder of the newest installed version. */
async function findPrograms(): Promise<string | undefined> {
  const versions = await readdir(DEBIAN_FOLDER).catch(() => []);
  const newest = versions.sort((a, b) => Number(b) - Number(a))[0];
  if (newest !== undefined) return join(DEBIAN_FOLDER, newest, "bin");
  try {
    const { stdout } = await run("pg_config", ["--bindir"]);
    return stdout.trim();
  } catch {
    return undefined;
  }
}

async function findIdentity(): Promise<Identity> {
  const idOf = async (flag: string): Promise<number> => Number((await run("id", [flag, "postgres"])).stdout);
  return { uid: await idOf("-u"), gid: await idOf("-g") };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
