import type { IncomingHttpHeaders } from "node:http2";
import type { Clock } from "../../sync/clock.js";
import type { Logger } from "../../telemetry/logger.js";
import { RareWarning } from "../../telemetry/rare-warning.js";
import { MAX_TIMEOUT_MS } from "./grpc-timeout.js";
import { type TrustedProxies, UNIX_SOCKET } from "./trusted-proxies.js";

/** In it Envoy says when it is going to cut the request that it forwards: the time-out of the route, 15 s by default. Without one, it leaves the header out. */
export const EXPECTED_TIMEOUT_KEY = "x-envoy-expected-rq-timeout-ms";
/** More digits than any time-out has, and no more than a number holds. */
const TIMEOUT_PATTERN = /^[1-9]\d{0,14}$/;
const WARNING_INTERVAL_MS = 60 * 60_000;

export interface ProxyDeadlinesOptions {
  readonly trusted: TrustedProxies;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What a proxy says of how long it is going to wait: a deadline where the proxy is trusted, else a warning once an hour, for any client can write the header. */
export class ProxyDeadlines {
  readonly #trusted: TrustedProxies;
  readonly #warning: RareWarning;

  constructor({ trusted, clock, log }: ProxyDeadlinesOptions) {
    this.#trusted = trusted;
    this.#warning = new RareWarning({ log, nowMs: () => clock.nowMs(), intervalMs: WARNING_INTERVAL_MS });
  }

  /**
   * The time that the proxy in front leaves a call, from now, clamped to what a timer holds; undefined where none was said, where what was said is no time-out,
   * and where the peer is not trusted.
   *
   * @param peerAddress without a port; undefined over a Unix socket
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
