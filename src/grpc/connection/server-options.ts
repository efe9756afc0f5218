import type { ServerOptions } from "@grpc/grpc-js";
import type { Limits } from "../../core/limits.js";
import type { ConnectionBounds } from "./connections.js";

/**
 * The options of grpc-js. Its defaults bound neither streams nor ages and send no keepalive. Its limit on idle connections stays off, because
 * connections.ts has one that also frees the descriptor if the peer keeps its side open.
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
