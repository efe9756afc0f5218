import type { ServerHttp2Session, ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import type { Clock } from "../../sync/clock.js";

/** A connection of a client, from its acceptance until its descriptor is free. */
export class Connection {
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #acceptedMs: number;
  #session: ServerHttp2Session | undefined;
  #isEstablished = false;
  #openStreams = 0;
  #idleSinceMs: number;
  /** The time since which the session has been closed and without streams, or undefined. */
  #closedSinceMs: number | undefined;

  constructor(socket: Socket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
    this.#acceptedMs = clock.nowMs();
    this.#idleSinceMs = this.#acceptedMs;
  }

  /** The peer's SETTINGS complete its side of the handshake, because HTTP/2 has them follow the preface. */
  attach(session: ServerHttp2Session): void {
    this.#session = session;
    session.once("remoteSettings", () => {
      this.#isEstablished = true;
    });
    session.on("stream", (stream) => this.#addStream(stream));
  }

  /** Whether the connection is over: either side has closed it, or its descriptor is free. */
  get isClosing(): boolean {
    return this.#socket.destroyed || (this.#session?.closed ?? false);
  }

  /** How long the connection has had no stream. It is 0 while it has one. */
  idleMs(): number {
    return this.#openStreams > 0 ? 0 : this.#clock.nowMs() - this.#idleSinceMs;
  }

  /** How long the peer has owed its side of the handshake. It is 0 once the handshake is complete. */
  handshakeMs(): number {
    return this.#isEstablished ? 0 : this.#clock.nowMs() - this.#acceptedMs;
  }

  /** How long the session has been closed and without streams, as seen by earlier calls. It is 0 while it is open, and after it is cut. */
  lingeringMs(): number {
    if (this.#socket.destroyed) return 0;
    const isClosed = this.#openStreams === 0 && (this.#session?.closed ?? false);
    if (!isClosed) this.#closedSinceMs = undefined;
    else this.#closedSinceMs ??= this.#clock.nowMs();
    return this.#closedSinceMs === undefined ? 0 : this.#clock.nowMs() - this.#closedSinceMs;
  }

  /**
   * Sends GOAWAY and closes once the streams are finished. The peer may keep its side open, so the descriptor is free only after that or after a cut.
   */
  close(): void {
    if (this.#session === undefined || !this.#isEstablished) this.cut();
    else if (!this.#session.closed) this.#session.close();
  }

  /** Frees the descriptor, whatever the peer does. */
  cut(): void {
    this.#socket.destroy();
  }

  #addStream(stream: ServerHttp2Stream): void {
    // A connection that was reset at once may be closed already.
    if (stream.destroyed) return;
    this.#openStreams += 1;
    stream.once("close", () => {
      this.#openStreams -= 1;
      this.#idleSinceMs = this.#clock.nowMs();
    });
  }
}
