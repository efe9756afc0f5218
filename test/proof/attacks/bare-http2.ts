import { once } from "node:events";
import { constants, createServer } from "node:http2";
import type { AddressInfo } from "node:net";

/** A program: the least that an HTTP/2 server of Node can do with a stream, which is to refuse it. */
const server = createServer({ settings: { maxConcurrentStreams: 1_024 } });
server.on("session", (session) => session.on("error", () => {}));
server.on("stream", (stream) => {
  stream.on("error", () => {});
  stream.close(constants.NGHTTP2_REFUSED_STREAM);
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const { port } = server.address() as AddressInfo;
const address = `127.0.0.1:${port}`;
console.log(JSON.stringify({ msg: "ready", address, adminAddress: address }));
