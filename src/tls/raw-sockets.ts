import type { Server, Socket } from "node:net";

/**
 * Finds the accepted socket below a TLS socket. Node tells a server of the accepted one first and of the TLS socket after the handshake, and has no public
 * name for what ties them together. Their addresses do: no two open connections have the same four.
 */
export class RawSockets {
  readonly #sockets = new Map<string, Socket>();

  /** @param server a server that does not listen yet */
  watch(server: Server): void {
    server.prependListener("connection", (socket: Socket) => {
      const key = keyOf(socket);
      if (key === undefined) return;
      this.#sockets.set(key, socket);
      socket.once("close", () => {
        if (this.#sockets.get(key) === socket) this.#sockets.delete(key);
      });
    });
  }

  /** The accepted socket, or undefined if its peer has left already. */
  below(secure: Socket): Socket | undefined {
    const key = keyOf(secure);
    return key === undefined ? undefined : this.#sockets.get(key);
  }
}

/** Returns undefined if the peer has left. */
function keyOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string | undefined {
  return remoteAddress === undefined ? undefined : [remoteAddress, remotePort, localAddress, localPort].join(" ");
}
