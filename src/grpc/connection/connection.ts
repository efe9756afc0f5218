import type { ServerHttp2Session, ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import type { Clock } from "../../sync/clock.js";

/** One connection of a client, from its acceptance until its descriptor is free. */
export class Connection {
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #acceptedMs: number;
  #session: ServerHttp2Session | undefined;
  #isEstablished = false;
  #openStreams = 0;
  #idleSinceMs: number;
  /** Since when the session has been closed without a stream; undefined while it is open or has one. */
  #closedSinceMs: number | undefined;

  constructor(socket: Socket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
    this.#acceptedMs = clock.nowMs();
    this.#idleSinceMs = this.#acceptedMs;
  }

  /** The peer's SETTINGS are the end of its side of the handshake: HTTP/2 has them follow the preface. */
  attach(session: ServerHttp2Session): void {
    this.#session = session;
    session.once("remoteSettings", () => {
      this.#isEstablished = true;
    });
    session.on("stream", (stream) => this.#addStream(stream));
  }

  /** Nothing more is expected of it: it was closed by either side, or its descriptor is free already. */
  get isClosing(): boolean {
    return this.#socket.destroyed || (this.#session?.closed ?? false);
  }

  /** How long it has been without a stream; 0 while it has one. */
  idleMs(): number {
    return this.#openStreams > 0 ? 0 : this.#clock.nowMs() - this.#idleSinceMs;
  }

  /** How long the peer has owed its side of the handshake; 0 once it is there. */
  handshakeMs(): number {
    return this.#isEstablished ? 0 : this.#clock.nowMs() - this.#acceptedMs;
  }

  /** How long the session has been closed and without a stream, as seen by earlier calls; 0 while it is not, and once it is cut. */
  lingeringMs(): number {
    if (this.#socket.destroyed) return 0;
    const isClosed = this.#openStreams === 0 && (this.#session?.closed ?? false);
    if (!isClosed) this.#closedSinceMs = undefined;
    else this.#closedSinceMs ??= this.#clock.nowMs();
    return this.#closedSinceMs === undefined ? 0 : this.#clock.nowMs() - this.#closedSinceMs;
  }

  /** Says GOAWAY and closes once the streams are done. The peer may leave its own side open: the descriptor is free only after that, or a cut. */
  close(): void {
    if (this.#session === undefined || !this.#isEstablished) this.cut();
    else if (!this.#session.closed) this.#session.close();
  }

  /** Frees the descriptor, whatever the peer does. */
  cut(): void {
    this.#socket.destroy();
  }

  #addStream(stream: ServerHttp2Stream): void {
    // One that was reset in the turn of its coming may have closed already.
    if (stream.destroyed) return;
    this.#openStreams += 1;
    stream.once("close", () => {
      this.#openStreams -= 1;
      this.#idleSinceMs = this.#clock.nowMs();
    });
  }
}
