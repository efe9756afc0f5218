import type { X509Certificate } from "node:crypto";
import type { ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { ClientCertificate } from "../../core/calls.js";
import { isLoopback } from "../../machine/address.js";
import { describeCertificate } from "./client-certificate.js";
import type { Http2Listener } from "./http2-listener.js";

/** The other end of a connection, as the server saw it when the connection was accepted. */
export interface Peer {
  /** The address and port, such as `10.0.0.7:51034`, or `unix` for a socket file. It is undefined if the peer had left before it was read. */
  readonly name: string | undefined;
  /** The address without the port, or undefined for a socket file and for a peer that had left. */
  readonly address: string | undefined;
  /** Whether the peer is on this machine: it has a loopback address, or uses a socket file. */
  readonly isLocal: boolean;
  /** The certificate that the peer has proved to own and that an accepted authority has issued. */
  readonly certificate: ClientCertificate | undefined;
}

const UNKNOWN: Peer = { name: undefined, address: undefined, isLocal: false, certificate: undefined };

const peers = new WeakMap<object, Peer>();

/**
 * Reads the peer of each connection when its session begins. A later look could not tell a TCP peer that has left from the peer of a socket file,
 * because Node knows an address of neither.
 * @param listener a listener that does not listen yet
 */
export function watchPeers(listener: Http2Listener): void {
  listener.on("session", (session: ServerHttp2Session) => {
    const isSocketFile = typeof listener.address() === "string";
    try {
      peers.set(session, readPeer(session.socket, isSocketFile));
    } catch (fault) {
      // A certificate that Node cannot describe costs its own connection. The other listeners of this event still need the session's socket.
      setImmediate(() => session.destroy(fault instanceof Error ? fault : new Error(String(fault))));
    }
  });
}

/** The peer of a session. It is unknown, and not local, if no watched listener has accepted it. */
export function peerOf(session: object): Peer {
  return peers.get(session) ?? UNKNOWN;
}

function readPeer(socket: Socket | TLSSocket, isSocketFile: boolean): Peer {
  const certificate = certificateOf(socket);
  if (isSocketFile) return { name: "unix", address: undefined, isLocal: true, certificate };
  const { remoteAddress: address, remotePort: port = 0 } = socket;
  if (address === undefined) return { ...UNKNOWN, certificate };
  const name = `${address.includes(":") ? `[${address}]` : address}:${port}`;
  // An IPv4 peer of a listener on :: has an address of IPv6.
  const isLocal = isLoopback({ host: address.replace(/^::ffff:(?=\d+\.)/i, ""), port });
  return { name, address, isLocal, certificate };
}

/** Only a certificate that Node has verified against the authorities counts. */
function certificateOf(socket: Socket | TLSSocket): ClientCertificate | undefined {
  const { authorized, getPeerX509Certificate } = socket as Partial<TLSSocket>;
  const certificate: X509Certificate | undefined =
    authorized === true ? getPeerX509Certificate?.call(socket) : undefined;
  return certificate === undefined ? undefined : describeCertificate(certificate);
}
