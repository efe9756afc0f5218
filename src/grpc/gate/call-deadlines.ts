import type { IncomingHttpHeaders } from "node:http2";
import { BlockList, isIP, isIPv6 } from "node:net";
import type { Clock } from "../../sync/clock.js";
import { type Logger, RareWarning } from "../../telemetry/logger.js";

/** The longest time of a Node timer. A longer deadline is as good as none. */
export const MAX_TIMEOUT_MS = 2 ** 31 - 1;
const GRPC_TIMEOUT_PATTERN = /^(\d{1,8})([HMSmun])$/;
const UNIT_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 };
/** The most digits that the header may have. */
const MAX_DIGITS_VALUE = 99_999_999;
/**
 * The header in which Envoy announces when it will cut the forwarded request: the timeout of the route, 15 s by default. Envoy omits it for a route
 * without a timeout.
 */
export const EXPECTED_TIMEOUT_KEY = "x-envoy-expected-rq-timeout-ms";
/** A text of up to 15 digits, which covers every timeout and fits a number exactly. */
const PROXY_TIMEOUT_PATTERN = /^[1-9]\d{0,14}$/;
const WARNING_INTERVAL_MS = 60 * 60_000;
/** The entry for all peers of a Unix socket, which have no address. */
const UNIX_SOCKET = "unix";

/**
 * Parses a `grpc-timeout` header to milliseconds, clamped to the longest time of a timer. Returns undefined for a malformed one. The gRPC protocol
 * defines the form: up to eight digits and a unit.
 */
export function parseGrpcTimeout(header: string): number | undefined {
  const [, digits, unit = ""] = GRPC_TIMEOUT_PATTERN.exec(header) ?? [];
  if (digits === undefined) return undefined;
  return Math.min(Number(digits) * (UNIT_MS[unit] ?? 0), MAX_TIMEOUT_MS);
}

/** Formats a timeout for a `grpc-timeout` header, in milliseconds, or in seconds if those need too many digits. It rounds up. */
export function formatGrpcTimeout(timeoutMs: number): string {
  const wholeMs = Math.ceil(Math.min(timeoutMs, MAX_TIMEOUT_MS));
  if (wholeMs <= MAX_DIGITS_VALUE) return `${wholeMs}m`;
  return `${Math.min(Math.ceil(wholeMs / 1_000), Math.floor(MAX_TIMEOUT_MS / 1_000))}S`;
}

export interface ProxyDeadlinesOptions {
  readonly trusted: TrustedProxies;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Reads how long a proxy will wait for a call. The time is a deadline if the proxy is trusted. Otherwise the log warns once an hour, because any
 * client can write the header.
 */
export class ProxyDeadlines {
  readonly #trusted: TrustedProxies;
  readonly #warning: RareWarning;

  constructor({ trusted, clock, log }: ProxyDeadlinesOptions) {
    this.#trusted = trusted;
    this.#warning = new RareWarning({ log, nowMs: () => clock.nowMs(), intervalMs: WARNING_INTERVAL_MS });
  }

  /**
   * The time from now that the proxy leaves a call, clamped to the longest time of a timer. Returns undefined if the header is missing or malformed,
   * or if the peer is not trusted.
   * @param peerAddress returns the address without a port, or undefined for a Unix socket
   */
  timeoutMs(headers: IncomingHttpHeaders, peerAddress: () => string | undefined): number | undefined {
    const value = headers[EXPECTED_TIMEOUT_KEY];
    if (typeof value !== "string" || !PROXY_TIMEOUT_PATTERN.test(value)) return undefined;
    const peer = peerAddress();
    if (this.#trusted.includes(peer)) return Math.min(Number(value), MAX_TIMEOUT_MS);
    this.#warning.warn(
      () => ({ peer: peer ?? UNIX_SOCKET, timeoutMs: Number(value) }),
      "a proxy is going to cut calls: set `timeout: 0s` and `max_stream_duration` on its route, or name it in --trusted-proxy",
    );
    return undefined;
  }
}

/** The peers whose deadlines count, as the operator listed them. */
export class TrustedProxies {
  readonly #list = new BlockList();
  readonly #trustsUnixSockets: boolean;

  /** @param entries the results of `parseTrustedProxy` */
  constructor(entries: readonly string[]) {
    this.#trustsUnixSockets = entries.includes(UNIX_SOCKET);
    for (const entry of entries) if (entry !== UNIX_SOCKET) this.#add(entry);
  }

  /** @param peerAddress the address without a port, or undefined for a Unix socket */
  includes(peerAddress: string | undefined): boolean {
    if (peerAddress === undefined) return this.#trustsUnixSockets;
    const address = plainAddress(peerAddress);
    return isIP(address) !== 0 && this.#list.check(address, familyOf(address));
  }

  #add(entry: string): void {
    const [address = "", bits] = entry.split("/");
    if (bits === undefined) this.#list.addAddress(address, familyOf(address));
    else this.#list.addSubnet(address, Number(bits), familyOf(address));
  }
}

/** Parses an address, a prefix such as 10.0.0.0/8 or fd00::/8, or "unix". Returns undefined for anything else. */
export function parseTrustedProxy(text: string): string | undefined {
  if (text === UNIX_SOCKET) return text;
  const [, address = "", bits] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const family = isIP(address);
  const mostBits = family === 6 ? 128 : 32;
  return family === 0 || Number(bits ?? 0) > mostBits ? undefined : text;
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIPv6(address) ? "ipv6" : "ipv4";
}

/** Normalises an address. An IPv4 peer of a socket that listens on :: appears as ::ffff:10.0.0.1, and a link-local address with its zone. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, "").replace(/%.*$/, "");
}
