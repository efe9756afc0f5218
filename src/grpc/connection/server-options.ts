import type { ServerOptions } from "@grpc/grpc-js";
import type { Limits } from "../../core/limits.js";
import type { ConnectionBounds } from "./connections.js";

/**
 * grpc-js's own settings. Its defaults bound neither streams nor ages, and send no keepalive. Its bound on idle connections stays off: connections.ts has
 * one that also frees the descriptor when the peer does not close its side.
 */
export function serverOptions(limits: Limits, { ageGraceMs }: ConnectionBounds): ServerOptions {
  return {
    "grpc.max_receive_message_length": limits.messageBytes,
    "grpc.max_send_message_length": limits.messageBytes,
    "grpc.max_concurrent_streams": limits.streamsPerConnection,
    "grpc.keepalive_time_ms": limits.keepaliveTimeMs,
    "grpc.keepalive_timeout_ms": limits.keepaliveTimeoutMs,
    "grpc.max_connection_age_ms": limits.connectionAgeMs,
    "grpc.max_connection_age_grace_ms": ageGraceMs,
    "grpc.enable_channelz": 0,
  };
}
