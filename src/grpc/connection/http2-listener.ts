import type { Http2SecureServer, Http2Server } from "node:http2";

/** A server of HTTP/2 that listens on one address, for plaintext or for TLS. */
export type Http2Listener = Http2Server | Http2SecureServer;
