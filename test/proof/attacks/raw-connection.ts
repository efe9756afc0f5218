import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Deferred } from "../../../src/sync/deferred.js";
import { FLAG, FRAME, grpcHeaders, http2Frame, http2Opening } from "../../support/http2-frames.js";
import type { SentTrace } from "./sent-trace.js";

const FRAME_HEADER_BYTES = 9;
const FRAME_BYTES = 16 * 1024;
const INITIAL_WINDOW_SIZE = 4;
const CANCEL = 8;
/** An upload for which no window is granted for so long is given up. */
const STALL_MS = 1_000;

export interface RawConnectionOptions {
  /** host:port */
  readonly address: string;
  readonly trace: SentTrace;
  /** What the server may send on a stream; 0: nothing of an answer's body is ever read. Default HTTP/2's 65,535, granted anew as it is read. */
  readonly windowBytes?: number;
  readonly onData?: (stream: number, payload: Buffer) => void;
}

export interface StreamOpening {
  readonly metadata?: Readonly<Record<string, string>>;
  /** The framed message, small enough for one frame. Default: none. */
  readonly body?: Uint8Array;
  /** Default: the request goes on. */
  readonly endStream?: boolean;
}

/**
 * A connection of an attacker: sends HTTP/2 frames as it is told, and counts what came of its streams. Frames are put together until `flush`. Disposing
 * cuts the connection.
 */
export class RawConnection implements Disposable {
  /** Streams that the server ended properly. */
  answered = 0;
  /** Streams that the server reset. */
  reset = 0;
  /** HTTP/2 error codes of those, each once. */
  readonly resetCodes = new Set<number>();
  /** The server said that it is going to close the connection. */
  wentAway = false;
  closed = false;
  readonly #socket: Socket;
  readonly #options: RawConnectionOptions;
  readonly #open = new Set<number>();
  readonly #windows = new Map<number, number>();
  #connectionWindow = 65_535;
  #initialWindow = 65_535;
  #nextStream = 1;
  #outgoing: Uint8Array[] = [];
  #partial: Buffer = Buffer.alloc(0);
  #news = new Deferred<void>();

  private constructor(socket: Socket, options: RawConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.on("data", (data: Buffer) => this.#receive(data));
    socket.on("error", () => {});
    socket.on("close", () => {
      this.closed = true;
      this.#wake();
    });
    this.#outgoing.push(http2Opening(options.windowBytes));
  }

  /** Resolves when the connection stands; its preface goes out with the first flush. @throws Error where it is refused */
  static async open(options: RawConnectionOptions): Promise<RawConnection> {
    const [host = "", port = ""] = options.address.split(":");
    const socket = connect({ host, port: Number(port), noDelay: true });
    options.trace.watch(socket);
    await once(socket, "connect");
    return new RawConnection(socket, options);
  }

  /** Streams that have not ended, as far as is known here. */
  get openStreams(): readonly number[] {
    return [...this.#open];
  }

  isOpen(stream: number): boolean {
    return this.#open.has(stream) && !this.closed;
  }

  /** @param method such as rill.v1.GenerationService/GenerateStream @returns the stream's number */
  openStream(method: string, { metadata = {}, body, endStream = false }: StreamOpening = {}): number {
    const stream = this.#nextStream;
    this.#nextStream += 2;
    this.#open.add(stream);
    this.#windows.set(stream, this.#initialWindow);
    const lastFlag = endStream ? FLAG.endStream : 0;
    const flags = FLAG.endHeaders | (body === undefined ? lastFlag : 0);
    this.#outgoing.push(http2Frame({ type: FRAME.headers, flags, stream, payload: grpcHeaders(method, metadata) }));
    if (body !== undefined) {
      this.#spend(stream, body.length);
      this.#outgoing.push(http2Frame({ type: FRAME.data, flags: lastFlag, stream, payload: body }));
    }
    return stream;
  }

  resetStream(stream: number): void {
    this.#outgoing.push(http2Frame({ type: FRAME.reset, stream, payload: Buffer.from([0, 0, 0, CANCEL]) }));
    this.#open.delete(stream);
    this.#windows.delete(stream);
  }

  flush(): void {
    if (this.#outgoing.length === 0 || this.closed) return;
    this.#socket.write(Buffer.concat(this.#outgoing));
    this.#outgoing = [];
  }

  /** Sends a body as the server's windows allow it, until the stream has ended or no window comes. @returns bytes sent */
  async upload(stream: number, body: Uint8Array, { endStream = false } = {}): Promise<number> {
    let sent = 0;
    const room = (): number => Math.min(this.#connectionWindow, this.#windows.get(stream) ?? 0);
    while (sent < body.length) {
      const mayGoOn = await this.until(() => !this.#open.has(stream) || room() > 0, STALL_MS);
      if (!mayGoOn || this.closed || !this.#open.has(stream)) break;
      // Another upload may have taken the connection's room meanwhile.
      if (room() <= 0) continue;
      const payload = body.subarray(sent, sent + Math.min(FRAME_BYTES, room()));
      sent += payload.length;
      this.#spend(stream, payload.length);
      const flags = endStream && sent === body.length ? FLAG.endStream : 0;
      this.#outgoing.push(http2Frame({ type: FRAME.data, flags, stream, payload }));
      this.flush();
    }
    return sent;
  }

  /** @returns true once the condition holds, which is looked at whenever something came; false when the time is over */
  async until(condition: () => boolean, limitMs: number): Promise<boolean> {
    const untilMs = performance.now() + limitMs;
    const timer = setTimeout(() => this.#wake(), limitMs + 1);
    while (!condition() && !this.closed && performance.now() < untilMs) await this.#news.promise;
    clearTimeout(timer);
    return condition();
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  #spend(stream: number, bytes: number): void {
    this.#connectionWindow -= bytes;
    this.#windows.set(stream, (this.#windows.get(stream) ?? 0) - bytes);
  }

  #receive(data: Buffer): void {
    this.#partial = this.#partial.length === 0 ? data : Buffer.concat([this.#partial, data]);
    let start = 0;
    while (this.#partial.length - start >= FRAME_HEADER_BYTES) {
      const end = start + FRAME_HEADER_BYTES + this.#partial.readUIntBE(start, 3);
      if (this.#partial.length < end) break;
      this.#take(this.#partial.subarray(start, end));
      start = end;
    }
    this.#partial = this.#partial.subarray(start);
    this.flush();
    this.#wake();
  }

  #take(frame: Buffer): void {
    const type = frame.readUInt8(3);
    const flags = frame.readUInt8(4);
    const stream = frame.readUInt32BE(5);
    const payload = frame.subarray(FRAME_HEADER_BYTES);
    switch (type) {
      case FRAME.data:
        this.#options.onData?.(stream, payload);
        this.#grant(stream, payload.length);
        break;
      case FRAME.settings:
        if ((flags & FLAG.ack) === 0) this.#takeSettings(payload);
        break;
      case FRAME.ping:
        if ((flags & FLAG.ack) === 0) this.#outgoing.push(http2Frame({ type: FRAME.ping, flags: FLAG.ack, payload }));
        break;
      case FRAME.windowUpdate:
        this.#widen(stream, payload.readUInt32BE(0));
        break;
      case FRAME.reset:
        if (!this.#end(stream)) break;
        this.reset += 1;
        this.resetCodes.add(payload.readUInt32BE(0));
        break;
      case FRAME.goAway:
        this.wentAway = true;
        break;
    }
    if ((type === FRAME.data || type === FRAME.headers) && (flags & FLAG.endStream) !== 0 && this.#end(stream)) {
      this.answered += 1;
    }
  }

  #widen(stream: number, bytes: number): void {
    const window = this.#windows.get(stream);
    if (stream === 0) this.#connectionWindow += bytes;
    else if (window !== undefined) this.#windows.set(stream, window + bytes);
  }

  #takeSettings(payload: Buffer): void {
    for (let at = 0; at + 6 <= payload.length; at += 6) {
      if (payload.readUInt16BE(at) !== INITIAL_WINDOW_SIZE) continue;
      const windowBytes = payload.readUInt32BE(at + 2);
      for (const [stream, window] of this.#windows) {
        this.#windows.set(stream, window + windowBytes - this.#initialWindow);
      }
      this.#initialWindow = windowBytes;
    }
    this.#outgoing.push(http2Frame({ type: FRAME.settings, flags: FLAG.ack }));
  }

  #grant(stream: number, bytes: number): void {
    if (bytes === 0) return;
    const payload = Buffer.alloc(4);
    payload.writeUInt32BE(bytes);
    for (const each of [0, stream])
      this.#outgoing.push(http2Frame({ type: FRAME.windowUpdate, stream: each, payload }));
  }

  #end(stream: number): boolean {
    this.#windows.delete(stream);
    return this.#open.delete(stream);
  }

  #wake(): void {
    this.#news.resolve();
    this.#news = new Deferred<void>();
  }
}
