import assert from "node:assert/strict";
import { once } from "node:events";
import { type ClientHttp2Session, connect, createSecureServer, createServer, type Http2Server } from "node:http2";
import { type AddressInfo, createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Peer, peerOf, watchPeers } from "../../../src/grpc/connection/peers.js";
import { Deferred } from "../../../src/sync/deferred.js";
import { TestAuthority } from "../../support/test-certificates.js";

describe("The peer of a connection", () => {
  /** Connects once and returns the peer that the listener saw. */
  const peerSeenBy = async (listener: Http2Server, open: (port: number) => ClientHttp2Session): Promise<Peer> => {
    const sessions = once(listener, "session");
    const client = open((listener.address() as Partial<AddressInfo>).port ?? 0).on("error", () => {});
    const [session] = (await sessions) as [object];
    client.destroy();
    listener.close();
    return peerOf(session);
  };

  it("is local if it has a loopback address, also in the form that a listener on :: sees", async () => {
    for (const host of ["127.0.0.1", "::"]) {
      const listener = createServer();
      watchPeers(listener);
      await once(listener.listen(0, host), "listening");
      const peer = await peerSeenBy(listener, (port) => connect(`http://127.0.0.1:${port}`));
      assert.equal(peer.isLocal, true, host);
      assert.match(peer.name ?? "", /127\.0\.0\.1\]?:\d+$/);
    }
  });

  it("is local if it uses a socket file", async () => {
    const path = join(tmpdir(), `rill-peer-${process.pid}.sock`);
    const listener = createServer();
    watchPeers(listener);
    await once(listener.listen(path), "listening");
    const peer = await peerSeenBy(listener, () =>
      connect("http://localhost", { createConnection: () => createConnection(path) }),
    );
    assert.deepEqual(peer, { name: "unix", address: undefined, isLocal: true, certificate: undefined });
  });

  it("is unknown and not local for a connection that no watched listener accepted", () => {
    assert.deepEqual(peerOf({}), { name: undefined, address: undefined, isLocal: false, certificate: undefined });
  });

  it("loses its connection, and nobody else theirs, if its certificate cannot be described", async () => {
    const listener = createServer();
    watchPeers(listener);
    await once(listener.listen(0, "127.0.0.1"), "listening");
    const destroyed = new Deferred<Error>();
    const socket = {
      authorized: true,
      getPeerX509Certificate: () => {
        throw new Error("an odd certificate");
      },
    };
    const session = { socket, destroy: (fault: Error) => destroyed.resolve(fault) };
    listener.emit("session", session);
    assert.deepEqual(peerOf(session), { name: undefined, address: undefined, isLocal: false, certificate: undefined });
    assert.equal((await destroyed.promise).message, "an odd certificate");
    const next = await peerSeenBy(listener, (port) => connect(`http://127.0.0.1:${port}`));
    assert.equal(next.isLocal, true);
  });

  it("has a certificate only if an accepted authority has issued it", async () => {
    const [ours, theirs] = await Promise.all([TestAuthority.create("Ours"), TestAuthority.create("Theirs")]);
    const pair = await ours.issueForLocalhost();
    for (const [authority, expected] of [
      [ours, "CN=worker"],
      [theirs, undefined],
    ] as const) {
      const client = await authority.issue({ subject: "CN=worker", usage: "client" });
      const listener = createSecureServer({
        cert: pair.certificate,
        key: pair.key,
        ca: ours.certificate,
        requestCert: true,
        rejectUnauthorized: false,
      });
      watchPeers(listener);
      await once(listener.listen(0, "127.0.0.1"), "listening");
      const identity = { cert: client.certificate, key: client.key, ca: ours.certificate };
      const peer = await peerSeenBy(listener, (port) => connect(`https://127.0.0.1:${port}`, identity));
      assert.equal(peer.certificate?.subject, expected);
    }
  });
});
