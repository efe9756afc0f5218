import { EventEmitter } from "node:events";
import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerHttp2Stream } from "node:http2";
import type { Server } from "@grpc/grpc-js";
import { noteOrigin, REQUEST_ID_KEY } from "./call-origin.js";

const INSTANCE_KEY = "x-rill-instance";

/**
 * Gives every answer the server's name, and the call's own `x-request-id` where that is well-formed: in the initial metadata, or in the trailers of an
 * answer that has nothing else. It works on HTTP/2's streams, because grpc-js and the server answer some of them before there is a call: an unknown
 * method, a wrong content type.
 * @param server listening already, with its own handlers of streams in place: these headers come before all of them
 * @throws Error when grpc-js keeps its HTTP/2 servers elsewhere than this file believes
 */
export function addAnswerHeaders(server: Server, options: { instanceId: string; maxIdBytes: number }): void {
  const { http2Servers } = server as unknown as { readonly http2Servers?: ReadonlyMap<unknown, unknown> };
  if (!(http2Servers instanceof Map) || http2Servers.size === 0) throw elsewhere();
  for (const http2Server of http2Servers.keys()) {
    if (!(http2Server instanceof EventEmitter)) throw elsewhere();
    http2Server.prependListener("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
      sign(stream, options.instanceId, noteOrigin(stream, headers, options.maxIdBytes));
    });
  }
}

function sign(stream: ServerHttp2Stream, instanceId: string, requestId: string | undefined): void {
  const respond = stream.respond.bind(stream);
  stream.respond = (headers, options) => {
    const signed: OutgoingHttpHeaders = { ...headers, [INSTANCE_KEY]: instanceId };
    if (requestId !== undefined) signed[REQUEST_ID_KEY] = requestId;
    respond(signed, options);
  };
}

function elsewhere(): Error {
  return new Error(
    "this release of @grpc/grpc-js keeps its HTTP/2 servers elsewhere: src/rpc/call/answer-headers.ts must follow",
  );
}
