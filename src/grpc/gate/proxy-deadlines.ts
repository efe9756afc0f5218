import type { IncomingHttpHeaders } from "node:http2";
import type { Clock } from "../../sync/clock.js";
import { type Logger, RareWarning } from "../../telemetry/logger.js";
import { MAX_TIMEOUT_MS } from "./grpc-timeout.js";
import { type TrustedProxies, UNIX_SOCKET } from "./trusted-proxies.js";

/**
 * The header in which Envoy announces when it will cut the forwarded request: the timeout of the route, 15 s by default. Envoy omits it for a route
 * without a timeout.
 */
export const EXPECTED_TIMEOUT_KEY = "x-envoy-expected-rq-timeout-ms";
/** A text of up to 15 digits, which covers every timeout and fits a number exactly. */
const TIMEOUT_PATTERN = /^[1-9]\d{0,14}$/;
const WARNING_INTERVAL_MS = 60 * 60_000;

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
    if (typeof value !== "string" || !TIMEOUT_PATTERN.test(value)) return undefined;
    const peer = peerAddress();
    if (this.#trusted.includes(peer)) return Math.min(Number(value), MAX_TIMEOUT_MS);
    this.#warning.warn(
      () => ({ peer: peer ?? UNIX_SOCKET, timeoutMs: Number(value) }),
      "a proxy is going to cut calls: set `timeout: 0s` and `max_stream_duration` on its route, or name it in --trusted-proxy",
    );
    return undefined;
  }
}
