import type { Server, TLSSocket } from "node:tls";
import { type Logger, RareWarning } from "../telemetry/logger.js";
import type { Clock } from "../sync/clock.js";

/**
 * The reasons for which handshakes fail. `timeout`: the client did not finish in time. `not_tls`: it sent something else. `no_common`: no version or
 * cipher suits both. `no_h2`: it does not offer the protocol of the port. `client_certificate`: its certificate is missing or invalid.
 * `refused_by_client`: it refused the server's certificate. `closed`: it closed the connection.
 */
export const HANDSHAKE_FAILURES = [
  "timeout",
  "not_tls",
  "no_common",
  "no_h2",
  "client_certificate",
  "refused_by_client",
  "closed",
  "other",
] as const;

export type HandshakeFailure = (typeof HANDSHAKE_FAILURES)[number];

/** The handshakes since the start, for the metrics. */
export interface HandshakeReport {
  readonly completed: number;
  readonly failed: Readonly<Record<HandshakeFailure, number>>;
}

const WARNING_INTERVAL_MS = 60_000;

const FAILURE_OF_CODE: ReadonlyMap<string, HandshakeFailure> = new Map([
  ["ERR_TLS_HANDSHAKE_TIMEOUT", "timeout"],
  ["ERR_SSL_HTTP_REQUEST", "not_tls"],
  ["ERR_SSL_HTTPS_PROXY_REQUEST", "not_tls"],
  ["ERR_SSL_WRONG_VERSION_NUMBER", "not_tls"],
  ["ERR_SSL_BAD_RECORD_TYPE", "not_tls"],
  ["ERR_SSL_UNEXPECTED_MESSAGE", "not_tls"],
  ["ERR_SSL_PACKET_LENGTH_TOO_LONG", "not_tls"],
  ["ERR_SSL_RECORD_TOO_SMALL", "not_tls"],
  ["ERR_SSL_UNSUPPORTED_PROTOCOL", "no_common"],
  ["ERR_SSL_NO_SHARED_CIPHER", "no_common"],
  ["ERR_SSL_NO_SUITABLE_KEY_SHARE", "no_common"],
  ["ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM", "no_common"],
  ["ERR_SSL_NO_SHARED_SIGNATURE_ALGORITHMS", "no_common"],
  ["ERR_SSL_INAPPROPRIATE_FALLBACK", "no_common"],
  ["ERR_SSL_VERSION_TOO_LOW", "no_common"],
  ["ERR_SSL_NO_APPLICATION_PROTOCOL", "no_h2"],
  ["ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE", "client_certificate"],
  ["ERR_SSL_CERTIFICATE_VERIFY_FAILED", "client_certificate"],
  ["ECONNRESET", "closed"],
  ["EPIPE", "closed"],
]);
/** Alerts of clients, such as ERR_SSL_TLSV1_ALERT_UNKNOWN_CA or ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED. */
const REFUSAL_PATTERN = /_ALERT_(?:UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_\w+|UNSUPPORTED_CERTIFICATE)$/;

/** Counts the handshakes of all TLS listeners of a kind, and warns of failed ones: at most once a minute for each reason, because anyone can cause them. */
export class Handshakes {
  readonly #failed: Record<HandshakeFailure, number>;
  readonly #warnings: ReadonlyMap<HandshakeFailure, RareWarning>;
  #completed = 0;

  constructor({ clock, log }: { readonly clock: Clock; readonly log: Logger }) {
    const each = <T>(valueOf: () => T): [HandshakeFailure, T][] =>
      HANDSHAKE_FAILURES.map((reason) => [reason, valueOf()]);
    this.#failed = Object.fromEntries(each(() => 0)) as Record<HandshakeFailure, number>;
    const warning = { log, nowMs: () => clock.nowMs(), intervalMs: WARNING_INTERVAL_MS };
    this.#warnings = new Map(each(() => new RareWarning(warning)));
  }

  get report(): HandshakeReport {
    return { completed: this.#completed, failed: { ...this.#failed } };
  }

  /**
   * Watches a server, and lets only those clients pass whose certificate is valid, or who have none where none is required. Node by itself lets a client
   * with an invalid certificate pass where none is required.
   * @param server a server that has all its listeners and does not listen yet
   */
  watch(server: Server): void {
    server.on("tlsClientError", (error: NodeJS.ErrnoException, socket) =>
      this.#fail(failureOf(error, socket), socket, error),
    );
    const handlers = server.listeners("secureConnection");
    server.removeAllListeners("secureConnection");
    server.on("secureConnection", (socket: TLSSocket) => {
      if (!hasInvalidCertificate(socket)) {
        this.#completed += 1;
        for (const handle of handlers) handle.call(server, socket);
        return;
      }
      this.#fail("client_certificate", socket, socket.authorizationError);
      socket.on("error", ignore).destroy();
    });
    server.on("unknownProtocol", (socket: TLSSocket) => {
      this.#fail("no_h2", socket, undefined);
      socket.destroy();
    });
  }

  #fail(reason: HandshakeFailure, { remoteAddress }: TLSSocket, error: Error | string | undefined): void {
    this.#failed[reason] += 1;
    const code = typeof error === "object" ? ((error as NodeJS.ErrnoException).code ?? error.message) : error;
    this.#warnings
      .get(reason)
      ?.warn(() => ({ reason, code, peer: remoteAddress, failed: this.#failed[reason] }), "a TLS handshake failed");
  }
}

/** Whether the client has shown a certificate that is not valid. One without a certificate passes, because Node has refused it where one is required. */
function hasInvalidCertificate(socket: TLSSocket): boolean {
  return !socket.authorized && socket.getPeerX509Certificate() !== undefined;
}

function failureOf({ code = "" }: NodeJS.ErrnoException, { authorizationError }: TLSSocket): HandshakeFailure {
  // Node closes the connection without an error of its own if the required certificate is missing or invalid.
  if (typeof (authorizationError as unknown) === "string") return "client_certificate";
  return FAILURE_OF_CODE.get(code) ?? (REFUSAL_PATTERN.test(code) ? "refused_by_client" : "other");
}

function ignore(): void {
  // The connection is being closed.
}
