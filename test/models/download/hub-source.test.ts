import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";

import { HubSource } from "../../../src/models/download/hub-source.js";
import type { OpenedSource } from "../../../src/models/download/model-source.js";
import { answerFile, type HubAnswer, HubServer } from "../support/hub-server.js";

describe("HubSource", () => {
  const location = { owner: "o", repo: "r", file: "sub/f.gguf", revision: "refs/pr/1" };
  const bytes = Buffer.alloc(100_000, "x");

  async function withHub(answer: HubAnswer, use: (source: HubSource, hub: HubServer) => Promise<void>): Promise<void> {
    await using hub = await HubServer.start(answer);
    await use(new HubSource({ location, origin: hub.origin, connectLimitMs: 500, sizeBytes: undefined }), hub);
  }

  async function readAll(opened: OpenedSource): Promise<Buffer> {
    const blocks: Uint8Array[] = [];
    for await (const block of opened.bytes) blocks.push(block);
    return Buffer.concat(blocks);
  }

  const never = new AbortController().signal;

  it("asks for the revision, and gives size and bytes", async () => {
    await withHub(answerFile(bytes), async (source, hub) => {
      await using opened = await source.open(never);
      assert.equal(opened.sizeBytes, bytes.length);
      assert.deepEqual(await readAll(opened), bytes);
      assert.deepEqual(hub.requests, ["/o/r/resolve/refs%2Fpr%2F1/sub/f.gguf"]);
    });
  });

  it("gives the bytes of a body that comes compressed all the same, whose length says nothing", async () => {
    const compressed = gzipSync(bytes);
    const compress: HubAnswer = (_request, response) =>
      void response.writeHead(200, { "content-encoding": "gzip", "content-length": compressed.length }).end(compressed);
    await withHub(compress, async (source) => {
      await using opened = await source.open(never);
      assert.equal(opened.sizeBytes, undefined);
      assert.deepEqual(await readAll(opened), bytes);
    });
  });

  it("gives up on a hub that takes the connection and says nothing", async () => {
    await withHub(
      () => undefined,
      async (source) => {
        await assert.rejects(source.open(never), { code: "SOURCE_FAILED", message: /was silent for 0\.5 s/ });
      },
    );
  });

  it("gives up on endless redirects, and on those to other protocols", async () => {
    const to =
      (target: string): HubAnswer =>
      (_request, response) =>
        void response.writeHead(307, { location: target }).end();
    await withHub(to("/again"), async (source, hub) => {
      await assert.rejects(source.open(never), { code: "SOURCE_FAILED", message: /redirected more than 5 times/ });
      assert.equal(hub.requests.length, 6);
    });
    await withHub(to("file:///etc/passwd"), async (source) => {
      await assert.rejects(source.open(never), { code: "SOURCE_FAILED", message: /redirected to/ });
    });
  });

  it("reports a connection that breaks in mid-file", async () => {
    const breakOff: HubAnswer = (_request, response) => {
      response.writeHead(200, { "content-length": bytes.length });
      response.write(bytes.subarray(0, 10), () => response.destroy());
    };
    await withHub(breakOff, async (source) => {
      await using opened = await source.open(never);
      await assert.rejects(readAll(opened), { code: "SOURCE_FAILED", message: /connection to the hub broke/ });
    });
  });

  it("throws the abort's reason, while it connects and while it reads", async () => {
    const reason = new Error("enough");
    const caller = new AbortController();
    await withHub(
      () => caller.abort(reason),
      async (source) => {
        await assert.rejects(source.open(caller.signal), reason);
        await assert.rejects(source.open(caller.signal), reason);
      },
    );
    const reader = new AbortController();
    const half: HubAnswer = (_request, response) => void response.writeHead(200).write(bytes);
    await withHub(half, async (source) => {
      await using opened = await source.open(reader.signal);
      const reading = readAll(opened);
      reader.abort(reason);
      await assert.rejects(reading, reason);
    });
  });

  it("hangs up when the reader leaves", async () => {
    let hungUp: () => void;
    const closed = new Promise<void>((resolve) => {
      hungUp = resolve;
    });
    const endless: HubAnswer = (_request, response) => {
      response.on("close", hungUp);
      response.writeHead(200).write(bytes);
    };
    await withHub(endless, async (source) => {
      {
        await using opened = await source.open(never);
        for await (const block of opened.bytes) if (block.length > 0) break;
      }
      await closed;
    });
  });
});
