import assert from "node:assert/strict";
import { once } from "node:events";
import { MessageChannel } from "node:worker_threads";
import { ThreadChannel } from "../../src/threads/host-channel.js";

describe("ThreadChannel", () => {
  it("takes what has arrived, in order, and hands it to nobody else", async () => {
    const { port1: far, port2 } = new MessageChannel();
    const channel = new ThreadChannel<number, never>(port2);
    const heard: number[] = [];
    channel.onCommand((command) => heard.push(command));
    far.postMessage(1);
    far.postMessage(2);
    assert.deepEqual(channel.drain(), [1, 2]);
    assert.deepEqual(channel.drain(), []);
    far.postMessage(3);
    await once(port2, "message");
    assert.deepEqual(heard, [3]);
    channel.close();
  });

  it("moves the buffers that a notice gives up", async () => {
    const { port1: far, port2 } = new MessageChannel();
    const channel = new ThreadChannel<never, Uint8Array>(port2);
    const bytes = Uint8Array.of(1, 2);
    channel.post(bytes, [bytes.buffer]);
    assert.equal(bytes.length, 0);
    assert.deepEqual(await once(far, "message"), [Uint8Array.of(1, 2)]);
    channel.close();
  });

  it("is not to be had on a main thread without a port", () => {
    assert.throws(() => new ThreadChannel(), /runs as a worker thread only/);
  });
});
