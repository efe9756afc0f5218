import { type ChildProcessByStdio, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { stringify } from "yaml";

const LOOPBACK = "127.0.0.1";
const LISTENER = "callers";
const CLUSTER = "rill";
const EXTENSIONS = "type.googleapis.com/envoy.extensions";
const READY_POLL_MS = 25;
const READY_LIMIT_MS = 30_000;
/** Envoy takes its time to stop by itself, and nothing of it is wanted any more. */
const STOP_SIGNAL = "SIGKILL";

export interface EnvoyOptions {
  /** The server's address, host:port. */
  readonly upstream: string;
  /** What the HTTP connection manager of the listener is to have besides its route and filters, such as `http2_protocol_options`. */
  readonly connectionManager?: Readonly<Record<string, unknown>>;
  /** What the cluster is to have besides its name, its endpoint and HTTP/2, such as `circuit_breakers`. */
  readonly cluster?: Readonly<Record<string, unknown>>;
  /** What the route's action is to have besides its cluster. Default: no timeout, since Envoy's own default cuts a stream after 15 s. */
  readonly route?: Readonly<Record<string, unknown>>;
}

/** A real Envoy on a free port of the loopback, in front of one server. It speaks plaintext HTTP/2 on both sides. Disposing kills it. */
export class Envoy implements AsyncDisposable {
  /** The address for callers, host:port. */
  readonly address: string;
  /** host:port of Envoy's administration interface. */
  readonly adminAddress: string;
  readonly #child: EnvoyChild;
  readonly #folder: string;

  private constructor(parts: { address: string; adminAddress: string; child: EnvoyChild; folder: string }) {
    this.address = parts.address;
    this.adminAddress = parts.adminAddress;
    this.#child = parts.child;
    this.#folder = parts.folder;
  }

  /** False where no `envoy` is on the PATH; `.ci/tools envoy` installs it. */
  static async isInstalled(): Promise<boolean> {
    try {
      await promisify(execFile)("envoy", ["--version"]);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
      throw error;
    }
  }

  /** Resolves when Envoy takes calls. @throws Error where Envoy is not installed; or with what it printed, when it ends or is not ready after 30 s */
  static async start(options: EnvoyOptions): Promise<Envoy> {
    if (!(await Envoy.isInstalled())) throw new Error("no envoy is on the PATH: `bash .ci/tools envoy` installs it");
    const folder = await mkdtemp(join(tmpdir(), "rill-envoy-"));
    const configPath = join(folder, "envoy.yaml");
    const adminPath = join(folder, "admin-address");
    await writeFile(configPath, stringify(envoyConfig(options)));
    const child = new EnvoyChild(["--config-path", configPath, "--admin-address-path", adminPath]);
    try {
      const adminAddress = await child.untilAnswered(() => readFile(adminPath, "utf8"));
      await child.untilAnswered(async () => await adminPage(adminAddress, "/ready"));
      const address = await listenerAddress(adminAddress);
      return new Envoy({ address, adminAddress, child, folder });
    } catch (error) {
      await child[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
      throw error;
    }
  }

  /** A counter or gauge by its full name, such as `cluster.rill.upstream_cx_total`; 0 where Envoy has not counted yet. */
  async statistic(name: string): Promise<number> {
    const page = await adminPage(this.adminAddress, `/stats?filter=^${name.replaceAll(".", "\\.")}$`);
    return Number(/: (\d+)/.exec(page)?.[1] ?? 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true });
  }
}

/** The process, and what it printed. */
class EnvoyChild implements AsyncDisposable {
  readonly #process: ChildProcessByStdio<null, null, Readable>;
  readonly #exited: Promise<unknown>;
  #hasExited = false;
  #printed = "";

  constructor(args: readonly string[]) {
    const quiet = ["--log-level", "warning", "--concurrency", "1", "--disable-hot-restart"];
    this.#process = spawn("envoy", [...args, ...quiet], { stdio: ["ignore", "ignore", "pipe"] });
    this.#process.stderr.on("data", (bytes: Buffer) => (this.#printed += bytes.toString()));
    this.#exited = once(this.#process, "close").then(() => (this.#hasExited = true));
  }

  /** Asks again and again, because Envoy tells nobody when it is ready. @throws Error when the process ends first, or after READY_LIMIT_MS */
  async untilAnswered(ask: () => Promise<string>): Promise<string> {
    const untilMs = performance.now() + READY_LIMIT_MS;
    for (;;) {
      try {
        const answer = await ask();
        if (answer !== "") return answer;
      } catch (error) {
        if (this.#hasExited) throw new Error(`Envoy ended: ${this.#printed}`, { cause: error });
        if (performance.now() > untilMs) throw new Error(`Envoy is not ready: ${this.#printed}`, { cause: error });
      }
      await delay(READY_POLL_MS);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill(STOP_SIGNAL);
    await this.#exited;
  }
}

/** @throws Error where the page is not there, or Envoy says that it is not ready */
async function adminPage(adminAddress: string, path: string): Promise<string> {
  const answer = await fetch(`http://${adminAddress}${path}`);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`Envoy answered ${path} with ${answer.status}: ${text}`);
  return text;
}

async function listenerAddress(adminAddress: string): Promise<string> {
  const page = await adminPage(adminAddress, "/listeners?format=json");
  const { listener_statuses: listeners } = JSON.parse(page) as {
    listener_statuses: { name: string; local_address: { socket_address: { address: string; port_value: number } } }[];
  };
  const found = listeners.find(({ name }) => name === LISTENER);
  if (found === undefined) throw new Error(`Envoy has no listener ${LISTENER}: ${page}`);
  const { address, port_value: port } = found.local_address.socket_address;
  return `${address}:${port}`;
}

function envoyConfig({ upstream, connectionManager, cluster, route }: EnvoyOptions): object {
  const [host = "", port = ""] = upstream.split(":");
  const http2 = { explicit_http_config: { http2_protocol_options: {} } };
  const routeAction = { cluster: CLUSTER, timeout: "0s", ...route };
  const manager = {
    "@type": `${EXTENSIONS}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: LISTENER,
    codec_type: "HTTP2",
    route_config: {
      virtual_hosts: [{ name: "all", domains: ["*"], routes: [{ match: { prefix: "/" }, route: routeAction }] }],
    },
    http_filters: [
      { name: "envoy.filters.http.router", typed_config: { "@type": `${EXTENSIONS}.filters.http.router.v3.Router` } },
    ],
    ...connectionManager,
  };
  return {
    admin: { address: socketAddress(LOOPBACK, 0) },
    static_resources: {
      listeners: [
        {
          name: LISTENER,
          address: socketAddress(LOOPBACK, 0),
          filter_chains: [
            { filters: [{ name: "envoy.filters.network.http_connection_manager", typed_config: manager }] },
          ],
        },
      ],
      clusters: [
        {
          name: CLUSTER,
          type: "STATIC",
          load_assignment: {
            cluster_name: CLUSTER,
            endpoints: [{ lb_endpoints: [{ endpoint: { address: socketAddress(host, Number(port)) } }] }],
          },
          typed_extension_protocol_options: {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
              "@type": `${EXTENSIONS}.upstreams.http.v3.HttpProtocolOptions`,
              ...http2,
            },
          },
          ...cluster,
        },
      ],
    },
  };
}

function socketAddress(address: string, port: number): object {
  return { socket_address: { address, port_value: port } };
}
