import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import type { Server } from "@grpc/grpc-js";
import type { Http2Listener } from "../connection/http2-listener.js";

/** The handler of grpc-js for a stream whose headers have arrived. */
export type StreamHandler = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

/** Node's limits on one connection. The gate has a budget of its own over all connections. */
const SESSION_LIMITS = {
  /** The consecutive streams beyond the announced number after which Node destroys the session with all its calls. Node's default is 100. */
  maxSessionRejectedStreams: 100_000,
  /** The client resets that Node accepts at once and per second, on Node 22 and later. Its defaults are 1,000 and 33. */
  streamResetBurst: 20_000,
  streamResetRate: 2_000,
  /**
   * The number of headers beyond which Node resets a stream without explanation. Its default is 128. The gate bounds the bytes of the headers and
   * refuses with a status.
   */
  maxHeaderListPairs: 2_048,
};

/**
 * Raises the limits that Node puts on each session and that grpc-js has no options for.
 * @param server a server that does not listen yet
 * @throws Error if grpc-js keeps its options elsewhere than this file assumes
 */
export function raiseSessionLimits(server: Server): void {
  const { commonServerOptions } = server as unknown as { readonly commonServerOptions?: object };
  if (typeof commonServerOptions !== "object") throw elsewhere("options of HTTP/2");
  Object.assign(commonServerOptions, SESSION_LIMITS);
}

/**
 * Replaces the stream handler of grpc-js.
 * @param listener a listener that has the handler of grpc-js and does not listen yet
 * @param wrap creates the new handler from the one of grpc-js
 * @throws Error if grpc-js keeps its handler elsewhere than this file assumes
 */
export function replaceStreamHandler(listener: Http2Listener, wrap: (handler: StreamHandler) => StreamHandler): void {
  const [handler, ...others] = listener.listeners("stream");
  if (handler === undefined || others.length > 0) throw elsewhere("handler of streams");
  listener.removeAllListeners("stream");
  listener.on("stream", wrap(handler as StreamHandler));
}

function elsewhere(what: string): Error {
  return new Error(
    `this release of @grpc/grpc-js keeps its ${what} elsewhere: src/grpc/gate/grpc-js-internals.ts must follow`,
  );
}

/**
 * Calls `onListener` with each HTTP/2 server that a gRPC server creates for an address, before it listens, so that no connection goes unseen. It
 * reaches behind the types of grpc-js, because the method that creates them is private.
 *
 * @throws Error if grpc-js creates its HTTP/2 servers elsewhere than this file assumes
 */
export function onEachListener(server: Server, onListener: (listener: Http2Listener) => void): void {
  const internals = server as unknown as { createHttp2Server?: (credentials: unknown) => Http2Listener };
  const create = internals.createHttp2Server;
  if (typeof create !== "function") throw elsewhere("HTTP/2 servers");
  internals.createHttp2Server = (credentials) => {
    const listener = create.call(server, credentials);
    onListener(listener);
    return listener;
  };
}
