import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/**
 * Passes connections on to a server and counts what comes back: the bytes on the wire, HTTP/2's own included. HTTP/2 windows are far smaller than what the
 * sockets hold, so it is they and not the relay that make a stream stand still. Disposing cuts what is open.
 */
export class CountingRelay implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #receivedBytes = 0;

  private constructor(target: string) {
    const [host = "", port = ""] = target.split(":");
    this.#server = createServer((near) => {
      const far = connect(Number(port), host);
      far.on("data", ({ length }: Buffer) => (this.#receivedBytes += length));
      this.#join(near, far);
      this.#join(far, near);
    });
  }

  /** @param target host:port */
  static async start(target: string): Promise<CountingRelay> {
    const relay = new CountingRelay(target);
    relay.#server.listen(0, "127.0.0.1");
    await once(relay.#server, "listening");
    return relay;
  }

  /** host:port */
  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** From the server, over all connections. */
  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #join(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.pipe(to);
    from.on("error", () => undefined);
    from.on("close", () => {
      this.#sockets.delete(from);
      to.destroy();
    });
  }
}
