import { setTimeout as sleep } from "node:timers/promises";
import * as grpc from "@grpc/grpc-js";
import type { BareWork } from "./bare-work.js";

/**
 * A program: the least that @grpc/grpc-js can be used for the same. Each call says in JSON what it wants: so many messages of so many bytes, one at a time,
 * each written when the reader's window has taken the one before; or a refusal; or nothing at all.
 */
const asItIs = (bytes: Buffer): Buffer => bytes;
const server = new grpc.Server({ "grpc.max_concurrent_streams": 65_536 });
const stream = {
  path: "/bare/Stream",
  requestStream: false,
  responseStream: true,
  requestSerialize: asItIs,
  requestDeserialize: asItIs,
  responseSerialize: asItIs,
  responseDeserialize: asItIs,
};
server.addService({ stream }, { stream: (call: Call) => void answer(call) });
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  console.log(JSON.stringify({ msg: "ready", address: `127.0.0.1:${port}` }));
});

type Call = grpc.ServerWritableStream<Buffer, Buffer>;

async function answer(call: Call): Promise<void> {
  const work = JSON.parse(call.request.toString()) as BareWork;
  if (work.refuse) {
    call.emit("error", { code: grpc.status.UNAVAILABLE, details: "no" });
    return;
  }
  const message = Buffer.alloc(work.messageBytes, 0x61);
  for (let sent = 0; sent < work.messages && !call.cancelled; sent++) {
    if (sent > 0 && work.intervalMs > 0) await sleep(work.intervalMs);
    await new Promise((taken) => call.write(message, taken));
  }
  if (!work.hold) call.end();
}
