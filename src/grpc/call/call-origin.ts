import type { Http2Session, IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import type { CallOrigin } from "../../core/calls.js";

export const REQUEST_ID_KEY = "x-request-id";
/** By gRPC's own retries; absent in the first try. */
const ATTEMPTS_KEY = "grpc-previous-rpc-attempts";
/** Visible ASCII without blanks: what a header, a log and a shell take as it is. */
const REQUEST_ID_PATTERN = /^[\x21-\x7e]+$/;
const ATTEMPTS_PATTERN = /^\d{1,4}$/;

/** What a call said of itself. Most calls say nothing, and have no entry. */
const marks = new WeakMap<ServerHttp2Stream, Omit<CallOrigin, "peer">>();
const peers = new WeakMap<Http2Session, string>();

/**
 * Keeps what the headers of a stream say of its call, for `originOf`.
 * @returns the `x-request-id`, unless it is malformed or longer than `maxIdBytes`
 */
export function noteOrigin(
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

/** Where the call on a stream comes from. */
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
