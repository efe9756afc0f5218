import { DEFAULT_LIMITS, type Limits } from "../core/limits.js";
import type { Setting } from "./setting.js";
import { duration } from "./setting-types.js";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

type ConnectionLimit =
  "connectionHandshakeMs" | "connectionIdleMs" | "connectionAgeMs" | "keepaliveTimeMs" | "keepaliveTimeoutMs";

/** The settings of the limits on each gRPC connection. */
export const CONNECTION_LIMIT_SETTINGS: { readonly [Limit in ConnectionLimit]: Setting<Limits[Limit]> } = {
  connectionHandshakeMs: duration({
    name: "connection-handshake-timeout",
    about: "how long a client may take for its side of the HTTP/2 handshake",
    default: DEFAULT_LIMITS.connectionHandshakeMs,
    min: 100,
    max: HOUR,
  }),
  connectionIdleMs: duration({
    name: "max-connection-idle",
    about: "how long a connection may have no call before it is closed",
    default: DEFAULT_LIMITS.connectionIdleMs,
    min: SECOND,
    max: 24 * HOUR,
  }),
  connectionAgeMs: duration({
    name: "max-connection-age",
    about: "age, give or take a tenth, at which a connection accepts no more calls",
    default: DEFAULT_LIMITS.connectionAgeMs,
    min: SECOND,
    max: 24 * HOUR,
  }),
  keepaliveTimeMs: duration({
    name: "keepalive-time",
    about: "time between two HTTP/2 pings that the server sends on a connection",
    default: DEFAULT_LIMITS.keepaliveTimeMs,
    min: SECOND,
    max: 24 * HOUR,
  }),
  keepaliveTimeoutMs: duration({
    name: "keepalive-timeout",
    about: "how long a client may take to answer such a ping before its connection is closed",
    default: DEFAULT_LIMITS.keepaliveTimeoutMs,
    min: 100,
    max: HOUR,
  }),
};
