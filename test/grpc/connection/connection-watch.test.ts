import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Http2Server, type ServerHttp2Session } from "node:http2";
import { type AddressInfo, connect, type Socket } from "node:net";
import { ConnectionProbe } from "../../../src/grpc/connection/connection-watch.js";
import { FRAME, grpcRequestFrames, http2Frame, http2Opening } from "../../support/http2-frames.js";
import { DATA_ON_STREAM_ZERO } from "../protocol-errors.js";

const FRAME_HEADER_BYTES = 9;
const ACK = 1;
const LARGEST_WINDOW_BYTES = 0x7fffffff;
/** The window of the connection has its first 65,535 bytes already. */
const OPEN_CONNECTION_WINDOW = Buffer.from([0x7f, 0xff, 0, 0]);

const BEYOND_SOCKET_BUFFERS_BYTES = 64 * 1024 * 1024;

/** A ping of the peer's own: bytes that break nothing. */
const PEER_PING = http2Frame({ type: FRAME.ping, payload: Buffer.alloc(8, 1) });

/** Whole rounds of the event loop. */
async function rounds(count: number): Promise<void> {
  for (let round = 0; round < count; round++) await new Promise(setImmediate);
}

/** What never comes true is stopped by the test's own time limit. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await rounds(1);
}

describe("ConnectionProbe", () => {
  let server: Http2Server;
  let socket: Socket;
  let session: ServerHttp2Session;
  let probe: ConnectionProbe;
  let received: Buffer;

  beforeEach(async () => {
    server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const connected = once(server, "session");
    socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    socket.on("error", () => {});
    received = Buffer.alloc(0);
    socket.on("data", (data) => (received = Buffer.concat([received, data])));
    socket.write(http2Opening(LARGEST_WINDOW_BYTES));
    [session] = (await connected) as [ServerHttp2Session];
    session.on("error", () => {});
    probe = new ConnectionProbe(session);
    await once(session, "remoteSettings");
  });

  afterEach(() => {
    session.destroy();
    socket.destroy();
    server.close();
  });

  const send = async (bytes: Uint8Array): Promise<void> => {
    const before = session.socket.bytesRead;
    socket.write(bytes);
    await until(() => session.destroyed || session.socket.bytesRead >= before + bytes.length);
  };

  /** Payloads of the pings that the probe sent. */
  const pings = (): Buffer[] => {
    const found: Buffer[] = [];
    let at = 0;
    while (at + FRAME_HEADER_BYTES <= received.length) {
      const end = at + FRAME_HEADER_BYTES + received.readUIntBE(at, 3);
      if (received[at + 3] === FRAME.ping && received[at + 4] !== ACK) {
        found.push(received.subarray(at + FRAME_HEADER_BYTES, end));
      }
      at = end;
    }
    return found;
  };

  const look = async (times: number): Promise<void> => {
    for (let time = 0; time < times; time++) {
      probe.look();
      await rounds(2);
    }
  };

  it("asks a connection that sent something once, and not again for the answer", async () => {
    await look(3);
    await until(() => pings().length === 1);
    await send(http2Frame({ type: FRAME.ping, flags: ACK, payload: pings()[0] ?? Buffer.alloc(8) }));
    await look(5);
    await send(PEER_PING);
    await look(5);
    await until(() => pings().length > 1);
    assert.equal(pings().length, 2);
  });

  it("does not ask a connection that writes", async () => {
    for (let count = 0; count < 10; count++) {
      await send(PEER_PING);
      await look(1);
    }
    assert.deepEqual(pings(), []);
  });

  it("closes a connection that Node left open after a protocol error", async () => {
    await look(5);
    await send(DATA_ON_STREAM_ZERO);
    await look(3);
    assert.equal(session.destroyed, true);
  });

  it("leaves a peer alone that answers no ping, and stops asking it", async () => {
    for (let count = 0; count < 10; count++) {
      await send(PEER_PING);
      await look(3);
    }
    await until(() => pings().length >= 5);
    await rounds(20);
    assert.equal(pings().length, 5);
    assert.equal(session.destroyed, false);
  });

  it("leaves a peer alone that does not read its socket", async () => {
    server.on("stream", (stream) => {
      stream.on("error", () => {});
      stream.respond();
      stream.write(Buffer.alloc(BEYOND_SOCKET_BUFFERS_BYTES));
    });
    socket.pause();
    await send(http2Frame({ type: FRAME.windowUpdate, payload: OPEN_CONNECTION_WINDOW }));
    await send(grpcRequestFrames("any.Service/Method", new Uint8Array()));
    await standstill();
    await look(5);
    assert.equal(session.destroyed, false);
    const { _handle: handle } = session.socket as unknown as { readonly _handle: { readonly writeQueueSize: number } };
    assert.ok(handle.writeQueueSize > 0);
  });

  /** Resolves when the socket takes no more. */
  async function standstill(): Promise<void> {
    for (let before = -1; session.socket.bytesWritten !== before;) {
      before = session.socket.bytesWritten;
      await rounds(100);
    }
  }
});
