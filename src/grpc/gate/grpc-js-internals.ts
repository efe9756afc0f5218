import type { Http2Server, IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import type { Server } from "@grpc/grpc-js";

/** What grpc-js does with a stream whose headers have come. */
export type StreamHandler = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

/** Of a connection, as Node counts them; the gate has a budget of its own over all connections. */
const SESSION_LIMITS = {
  /** Streams beyond those announced, in a row, after which Node destroys the session with everyone on it. Node's default is 100. */
  maxSessionRejectedStreams: 100_000,
  /** Resets by the client that Node takes at once and a second, on Node 22 and later. Its defaults are 1,000 and 33. */
  streamResetBurst: 20_000,
  streamResetRate: 2_000,
  /** Headers of a stream, above which Node resets it without a word; its default is 128. The gate refuses by their bytes, with a status. */
  maxHeaderListPairs: 2_048,
};

/**
 * Raises the bounds that Node puts on each session and grpc-js has no options for.
 * @param server not listening yet @throws Error when grpc-js keeps its options elsewhere than this file believes
 */
export function raiseSessionLimits(server: Server): void {
  const { commonServerOptions } = server as unknown as { readonly commonServerOptions?: object };
  if (typeof commonServerOptions !== "object") throw elsewhere("options of HTTP/2");
  Object.assign(commonServerOptions, SESSION_LIMITS);
}

/**
 * Puts a handler in the place of grpc-js's own.
 * @param listener with grpc-js's handler in place, and not listening yet
 * @param wrap makes the handler; gets grpc-js's
 * @throws Error when grpc-js keeps its handler elsewhere than this file believes
 */
export function replaceStreamHandler(listener: Http2Server, wrap: (handler: StreamHandler) => StreamHandler): void {
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
