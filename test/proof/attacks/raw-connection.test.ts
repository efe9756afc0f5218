import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Http2Server, type ServerHttp2Stream } from "node:http2";
import { type AddressInfo, createServer as createSink, type Socket } from "node:net";
import { RawConnection } from "./raw-connection.js";
import { replayTrace, SentTrace } from "./sent-trace.js";

const BODY = Buffer.alloc(300_000, "b");
const STREAMS = 20;

describe("An attacker's connection", () => {
  let server: Http2Server;
  let address = "";
  let answer: (stream: ServerHttp2Stream) => void = () => {};

  before(async () => {
    server = createServer();
    server.on("stream", (stream) => {
      stream.on("error", () => {});
      answer(stream);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  after(() => {
    server.close();
  });

  it("uploads many bodies side by side within the windows that are granted", async () => {
    const received = new Map<ServerHttp2Stream, number>();
    answer = (stream) => {
      received.set(stream, 0);
      stream.on("data", (data: Buffer) => received.set(stream, (received.get(stream) ?? 0) + data.length));
      stream.on("end", () => {
        stream.respond({ ":status": 200 });
        stream.end();
      });
    };
    using trace = new SentTrace();
    using connection = await RawConnection.open({ address, trace });
    const upload = (): Promise<number> => connection.upload(connection.openStream("a/b"), BODY, { endStream: true });
    const sent = await Promise.all(Array.from({ length: STREAMS }, upload));
    assert.ok(await connection.until(() => connection.answered === STREAMS, 5_000));
    assert.deepEqual(new Set(sent), new Set([BODY.length]));
    assert.deepEqual([...received.values()], sent);
    assert.deepEqual([connection.reset, connection.wentAway, connection.closed], [0, false, false]);
  });

  it("stops an upload whose stream is reset, and knows which of its streams are open", async () => {
    answer = (stream) => stream.close(7);
    using trace = new SentTrace();
    using connection = await RawConnection.open({ address, trace });
    const sent = await connection.upload(connection.openStream("a/b"), BODY);
    assert.ok(sent < BODY.length);
    assert.deepEqual([connection.reset, connection.openStreams], [1, []]);
  });

  it("leaves a trace by which as many bytes go to another", async () => {
    answer = (stream) => stream.resume();
    using trace = new SentTrace();
    const connections = [await RawConnection.open({ address, trace }), await RawConnection.open({ address, trace })];
    for (const [index, connection] of connections.entries()) {
      await connection.upload(connection.openStream("a/b"), BODY.subarray(0, 1_000 * (index + 1)));
    }
    const sent = trace.read();
    for (const connection of connections) connection[Symbol.dispose]();
    const taken: Promise<number>[] = [];
    const sink = createSink((socket) => taken.push(bytesOf(socket)));
    sink.listen(0, "127.0.0.1");
    await once(sink, "listening");
    await replayTrace(sent, `127.0.0.1:${(sink.address() as AddressInfo).port}`);
    sink.close();
    const totals = sent.map((each) => each.sent.at(-1)?.[1]);
    assert.deepEqual((await Promise.all(taken)).toSorted(), totals.toSorted());
  });
});

async function bytesOf(socket: Socket): Promise<number> {
  let bytes = 0;
  for await (const data of socket as AsyncIterable<Buffer>) bytes += data.length;
  return bytes;
}
