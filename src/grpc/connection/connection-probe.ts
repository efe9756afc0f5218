import type { ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";

/** A PING frame, and its answer. */
const PING_BYTES = 17;
/** Node lets ten pings wait for their answers, and grpc-js's keepalive wants some of them. */
const MAX_UNANSWERED_PINGS = 5;

/**
 * Closes a connection whose peer broke the HTTP/2 protocol. Node 20 meets most such errors by a GOAWAY, after which the session neither reads nor writes
 * while its socket stays open, and no event tells of it. The one sign: a ping that is not written although the socket has room.
 *
 * Promises: a healthy session is never closed, however slow its peer. A session that writes by itself, or got nothing since it last proved itself,
 * costs a glance; any other one ping. A peer that answers no ping is not asked for ever: keepalive closes its connection.
 */
export class ConnectionProbe {
  readonly #session: ServerHttp2Session;
  /** At the look before. */
  #writtenBytes = 0;
  /** Bytes that had come when the session last proved itself, less the answers to our own pings. */
  #provenBytes = 0;
  #sentPings = 0;
  #answeredPings = 0;
  /** Bytes that had come when a ping was handed over that has not been judged; undefined: there is none. */
  #askedBytes: number | undefined;

  constructor(session: ServerHttp2Session) {
    this.#session = session;
  }

  /** Node must have gone once through its event loop between two looks: a ping is written by then. */
  look(): void {
    if (this.#session.destroyed) return;
    const { socket } = this.#session;
    const writes = socket.bytesWritten !== this.#writtenBytes;
    this.#writtenBytes = socket.bytesWritten;
    if (writes) {
      this.#provenBytes = this.#askedBytes ?? this.#provenBytes;
      this.#askedBytes = undefined;
    } else if (this.#askedBytes !== undefined) this.#session.destroy();
    else this.#ask(socket);
  }

  #ask(socket: Socket): void {
    const receivedBytes = socket.bytesRead - this.#answeredPings * PING_BYTES;
    if (receivedBytes === this.#provenBytes || this.#sentPings - this.#answeredPings >= MAX_UNANSWERED_PINGS) return;
    if (waitingBytes(socket) > 0) return;
    this.#askedBytes = receivedBytes;
    this.#sentPings += 1;
    this.#session.ping((error) => {
      if (error === null) this.#answeredPings += 1;
    });
  }
}

/** Bytes that the operating system has not taken yet; HTTP/2 frames wait behind them. Node has no public name for it; where it is not told, the socket counts as full. */
function waitingBytes(socket: Socket): number {
  const { _handle: handle } = socket as { readonly _handle?: { readonly writeQueueSize: number } };
  return handle?.writeQueueSize ?? Infinity;
}
