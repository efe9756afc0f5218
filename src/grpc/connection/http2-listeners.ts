import type { Http2Server } from "node:http2";
import type { Server } from "@grpc/grpc-js";

/**
 * Calls `onListener` with each HTTP/2 server that a gRPC server creates for an address, before it listens, so that no connection goes unseen. It
 * reaches behind the types of grpc-js, because the method that creates them is private.
 *
 * @throws Error if grpc-js creates its HTTP/2 servers elsewhere than this file assumes
 */
export function onEachListener(server: Server, onListener: (listener: Http2Server) => void): void {
  const internals = server as unknown as { createHttp2Server?: (credentials: unknown) => Http2Server };
  const create = internals.createHttp2Server;
  if (typeof create !== "function") {
    throw new Error(
      "this release of @grpc/grpc-js makes its HTTP/2 servers elsewhere: src/grpc/connection/http2-listeners.ts must follow",
    );
  }
  internals.createHttp2Server = (credentials) => {
    const listener = create.call(server, credentials);
    onListener(listener);
    return listener;
  };
}
