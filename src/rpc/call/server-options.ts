import type { ServerOptions } from "@grpc/grpc-js";
import type { Limits } from "../../core/limits.js";

/** A peer that vanished frees its slots after the two together. */
const KEEPALIVE_TIME_MS = 60_000;
const KEEPALIVE_TIMEOUT_MS = 20_000;
/** So that balancers in front spread their connections anew. */
const MAX_CONNECTION_AGE_MS = 60 * 60_000;
/** Beyond the longest generation: waiting in line, preparing, and the last words to a slow reader. */
const CONNECTION_GRACE_MARGIN_MS = 5 * 60_000;

/** grpc-js's own settings. Its defaults bound neither streams nor ages, and send no keepalive. */
export function serverOptions(limits: Limits): ServerOptions {
  return {
    "grpc.max_receive_message_length": limits.messageBytes,
    "grpc.max_send_message_length": limits.messageBytes,
    "grpc.max_concurrent_streams": limits.streamsPerConnection,
    "grpc.keepalive_time_ms": KEEPALIVE_TIME_MS,
    "grpc.keepalive_timeout_ms": KEEPALIVE_TIMEOUT_MS,
    "grpc.max_connection_age_ms": MAX_CONNECTION_AGE_MS,
    "grpc.max_connection_age_grace_ms": limits.generationTimeMs + CONNECTION_GRACE_MARGIN_MS,
    "grpc.enable_channelz": 0,
  };
}
