import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from "node:http";
import { createServer as createSecureServer } from "node:https";
import { type AddressInfo, isIP } from "node:net";
import { formatAddress } from "../machine/address.js";
import type { ListenAddress } from "../machine/listen-address.js";
import { AddressInUse } from "../machine/address-in-use.js";
import type { Clock } from "../sync/clock.js";
import { type Logger, RareWarning } from "../telemetry/logger.js";
import type { Certificates } from "../tls/certificates.js";
import { Handshakes } from "../tls/handshakes.js";
import { MetricsPage } from "../telemetry/metrics-page.js";
import { type AdminAccess, checkAdminCaller } from "./admin-access.js";
import { AdminConnections } from "./admin-connections.js";
import { SERVER_METRICS } from "./server-metrics.js";
import type { ServerView } from "./server-view.js";
import { SharedPage } from "./shared-page.js";

/** Limits for operators and their probes, whose requests are few, small and quick. */
const MAX_HEADER_BYTES = 8 * 1024;
const REQUEST_LIMIT_MS = 5_000;
/** How often Node looks for requests that exceed their time limit. */
const LIMIT_CHECK_MS = 1_000;
const WARNING_INTERVAL_MS = 10 * 60_000;
/** The most characters of a host that a response or a log line shows. */
const MAX_SHOWN_CHARS = 100;

export interface AdminServerOptions {
  /** The address to listen on. Port 0 means any free port. */
  readonly listen: { readonly host: string; readonly port: number };
  /** The certificates of the port, or undefined for plaintext. */
  readonly certificates: Certificates | undefined;
  /** The number of concurrent connections. */
  readonly maxConnections: number;
  /** The names that a Host header may have besides IP addresses and localhost. */
  readonly hosts: readonly string[];
  /** The rules for who may read the metrics, or undefined if everyone may. The probes are open in any case. */
  readonly access: AdminAccess | undefined;
  /** Returns the state of the server. It is called once per request. */
  readonly view: () => ServerView;
  readonly log: Logger;
  readonly clock: Clock;
}

interface AdminResponse {
  readonly status: number;
  readonly contentType?: string;
  readonly body: string;
}

/**
 * Serves /metrics, /livez and /readyz over HTTP for operators, or over HTTPS. By default the port listens on the loopback interface. Runs on the main thread; main.ts starts it before the model loads, so that probes get responses meanwhile.
 */
export class AdminServer implements AsyncDisposable {
  /** The address that the server is bound to, as host:port. */
  readonly address: string;
  /** The bound address, and whether it has TLS. */
  readonly listenAddress: ListenAddress;
  readonly #server: Server;

  private constructor(server: Server, security: ListenAddress["security"]) {
    const { address, port } = server.address() as AddressInfo;
    this.address = formatAddress({ host: address, port });
    this.listenAddress = { security, address: this.address };
    this.#server = server;
  }

  /** @throws AddressInUse; Error with the address and the reason if it cannot listen */
  static async start(options: AdminServerOptions): Promise<AdminServer> {
    const { listen, maxConnections, view, log, clock } = options;
    const warning = new RareWarning({ log, nowMs: () => clock.nowMs(), intervalMs: WARNING_INTERVAL_MS });
    const metrics = new MetricsPage(SERVER_METRICS);
    const responder = {
      metrics,
      metricsText: new SharedPage(async () => await metrics.render(view()), clock),
      hosts: new AdminHosts([listen.host, ...options.hosts]),
      access: options.access,
      view,
      log,
      warning,
    };
    const server = createPort(options, (request, response) => {
      response.once("finish", () => connections.markAnswered(request.socket));
      void respond(request, response, responder);
    });
    const connections = new AdminConnections(server, { max: maxConnections, clock, log });
    // A connection closes after one response: each pipelined request would otherwise have a page created.
    server.maxRequestsPerSocket = 1;
    server.listen(listen.port, listen.host);
    try {
      await once(server, "listening");
    } catch (error) {
      const address = formatAddress(listen);
      const attempt = `the admin port cannot listen on ${address}`;
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === "EADDRINUSE") throw new AddressInUse(address, attempt, error);
      throw new Error(`${attempt}: ${message}`, { cause: error });
    }
    // Without a listener, a failure to accept a connection would end the process.
    server.on("error", (err) => warning.warn(() => ({ err }), "the admin port could not accept a connection"));
    return new AdminServer(server, options.certificates === undefined ? "plaintext" : "tls");
  }

  /** Stops listening and closes the open connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

/** Creates the server of the port, with or without TLS. The certificates of a server with TLS follow their files until it closes. */
function createPort({ certificates, clock, log }: AdminServerOptions, listener: RequestListener): Server {
  const limits: ServerOptions = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: REQUEST_LIMIT_MS,
    requestTimeout: REQUEST_LIMIT_MS,
    connectionsCheckingInterval: LIMIT_CHECK_MS,
  };
  if (certificates === undefined) return createServer(limits, listener);
  const secure = { ...certificates.serverOptions, handshakeTimeout: REQUEST_LIMIT_MS, requestCert: false };
  const server = createSecureServer({ ...limits, ...secure }, listener);
  new Handshakes({ clock, log }).watch(server);
  const replacements = certificates.onReplaced((context) => server.setSecureContext(context));
  server.once("close", () => replacements[Symbol.dispose]());
  return server;
}

interface Responder {
  readonly metrics: MetricsPage<ServerView>;
  readonly metricsText: SharedPage;
  readonly hosts: AdminHosts;
  readonly warning: RareWarning;
  readonly access: AdminAccess | undefined;
  readonly view: () => ServerView;
  readonly log: Logger;
}

/** Handles one request. It never rejects. */
async function respond(request: IncomingMessage, response: ServerResponse, responder: Responder): Promise<void> {
  // No request needs its body, and an unread body would keep the connection open.
  request.resume();
  let answer: AdminResponse;
  try {
    answer = await answerTo(request, responder);
  } catch (error) {
    responder.log.error({ err: error, path: request.url }, "an admin request failed");
    answer = { status: 500, body: "internal error\n" };
  }
  response.writeHead(answer.status, {
    "content-type": answer.contentType ?? "text/plain; charset=utf-8",
    "content-length": Buffer.byteLength(answer.body),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    // Requests are too rare for a connection to be worth keeping, and a kept connection takes room from a probe.
    connection: "close",
    ...(answer.status === 405 ? { allow: "GET, HEAD" } : {}),
    ...(answer.status === 401 ? { "www-authenticate": "Bearer" } : {}),
  });
  response.end(request.method === "HEAD" ? undefined : answer.body);
}

async function answerTo(request: IncomingMessage, responder: Responder): Promise<AdminResponse> {
  const { metrics, metricsText, hosts, access, view } = responder;
  const { host } = request.headers;
  if (!hosts.allow(host)) {
    responder.warning.warn(
      () => ({ host: shownHost(host) }),
      "an admin request was refused: its Host header is neither an address nor a name of --admin-hosts",
    );
    const body = `the Host header ${shownHost(host)} is neither a numeric address nor localhost; the operator can allow the name with --admin-hosts\n`;
    return { status: 421, body };
  }
  if (request.method !== "GET" && request.method !== "HEAD") return { status: 405, body: "only GET and HEAD\n" };
  const [path] = (request.url ?? "").split("?", 1);
  switch (path) {
    case "/metrics": {
      const refusal = access && (await checkAdminCaller(request, { access, path }));
      if (refusal !== undefined) return refusal;
      return { status: 200, contentType: metrics.contentType, body: await metricsText.ask() };
    }
    case "/livez":
      return probeAnswer(view(), ({ lifecycle }) => lifecycle !== "failed");
    case "/readyz":
      return probeAnswer(view(), ({ lifecycle }) => lifecycle === "serving");
    default:
      return { status: 404, body: "there is /metrics, /livez and /readyz\n" };
  }
}

function probeAnswer(view: ServerView, isWell: (view: ServerView) => boolean): AdminResponse {
  return { status: isWell(view) ? 200 : 503, body: `${view.lifecycle}\n` };
}

/**
 * Decides which Host headers the admin port accepts. A foreign web page can make its own name resolve to this machine and so read the admin port (DNS
 * rebinding), but it cannot choose the Host header. IP addresses, which the kubelet and Prometheus send, and localhost are always accepted.
 */
class AdminHosts {
  readonly #names: ReadonlySet<string>;

  /** @param names further names, in upper or lower case */
  constructor(names: readonly string[]) {
    this.#names = new Set(["localhost", ...names.map((name) => canonical(name))]);
  }

  /** @param header the Host header, or undefined, which HTTP/1.0 allows and browsers never send */
  allow(header: string | undefined): boolean {
    if (header === undefined) return true;
    const host = hostOf(header);
    return host !== undefined && (isIP(host) !== 0 || this.#names.has(canonical(host)));
  }
}

/** Shortens a Host header and makes it printable. */
function shownHost(header: string | undefined): string {
  return JSON.stringify((header ?? "").slice(0, MAX_SHOWN_CHARS));
}

/** Removes the port, and the brackets of an IPv6 address. */
function hostOf(header: string): string | undefined {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(header.trim()) ?? [];
  return bracketed ?? plain;
}

function canonical(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}
