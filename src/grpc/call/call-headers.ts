import type {
  Http2Server,
  Http2Session,
  IncomingHttpHeaders,
  OutgoingHttpHeaders,
  ServerHttp2Stream,
} from "node:http2";
import type { CallOrigin } from "../../core/calls.js";

/** The header with the server's name. */
const INSTANCE_KEY = "x-rill-instance";
const REQUEST_ID_KEY = "x-request-id";
/** The header of gRPC's own retries. It is absent in the first attempt. */
const ATTEMPTS_KEY = "grpc-previous-rpc-attempts";
/** Visible ASCII without spaces, which headers, logs and shells take as it is. */
const REQUEST_ID_PATTERN = /^[\x21-\x7e]+$/;
const ATTEMPTS_PATTERN = /^\d{1,4}$/;

/** The origins of calls that have headers about them. Most calls have none, and no entry. */
const marks = new WeakMap<ServerHttp2Stream, Omit<CallOrigin, "peer">>();
const peers = new WeakMap<Http2Session, string>();

/**
 * Adds the server's name to every response, and a well-formed `x-request-id` of the call. They go into the initial metadata, or into the trailers of
 * a response that has nothing else. This works on the streams of HTTP/2, because grpc-js and the gate respond to some requests before there is a
 * call.
 * @param listener a listener that does not listen yet and has all its other stream handlers; these headers come before them
 */
export function addResponseHeaders(listener: Http2Server, options: { instanceId: string; maxIdBytes: number }): void {
  listener.prependListener("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    sign(stream, options.instanceId, noteOrigin(stream, headers, options.maxIdBytes));
  });
}

function sign(stream: ServerHttp2Stream, instanceId: string, requestId: string | undefined): void {
  const respond = stream.respond.bind(stream);
  stream.respond = (headers, options) => {
    const signed: OutgoingHttpHeaders = { ...headers, [INSTANCE_KEY]: instanceId };
    if (requestId !== undefined) signed[REQUEST_ID_KEY] = requestId;
    respond(signed, options);
  };
}

/**
 * Stores the headers about the origin of a stream's call for `originOf`.
 * @returns the `x-request-id`, or undefined if it is malformed or longer than `maxIdBytes`
 */
function noteOrigin(
  stream: ServerHttp2Stream,
  { [REQUEST_ID_KEY]: id, [ATTEMPTS_KEY]: attempts }: IncomingHttpHeaders,
  maxIdBytes: number,
): string | undefined {
  if (id === undefined && attempts === undefined) return undefined;
  const xRequestId = typeof id === "string" && id.length <= maxIdBytes && REQUEST_ID_PATTERN.test(id) ? id : undefined;
  marks.set(stream, {
    ...(xRequestId === undefined ? {} : { xRequestId }),
    ...(typeof attempts === "string" && ATTEMPTS_PATTERN.test(attempts) ? { attempt: Number(attempts) + 1 } : {}),
  });
  return xRequestId;
}

/** The origin of the call on a stream. */
export function originOf(stream: ServerHttp2Stream): CallOrigin {
  const { session } = stream;
  return { ...(session === undefined ? {} : { peer: peerOf(session) }), ...marks.get(stream) };
}

function peerOf(session: Http2Session): string {
  const known = peers.get(session);
  if (known !== undefined) return known;
  const { remoteAddress, remotePort } = session.socket;
  const peer = remoteAddress === undefined ? "unix" : formatPeer(remoteAddress, remotePort);
  peers.set(session, peer);
  return peer;
}

function formatPeer(address: string, port: number | undefined): string {
  return `${address.includes(":") ? `[${address}]` : address}:${port ?? 0}`;
}
