import assert from "node:assert/strict";
import type { OutgoingHttpHeaders } from "node:http2";
import { RawHttp2Reader, type RawEnd } from "../../support/raw-http2-reader.js";
import { rawStatusDetails } from "../../support/status-details.js";
import { TestServer } from "../../support/test-server.js";

describe("A call with more headers than Node takes by itself", () => {
  let server: TestServer;

  before(async () => {
    server = await TestServer.start();
  });

  after(async () => {
    await server[Symbol.asyncDispose]();
  });

  async function call(count: number, valueBytes: number): Promise<RawEnd> {
    const metadata: OutgoingHttpHeaders = {};
    for (let index = 0; index < count; index++) metadata[`x-${index}`] = "a".repeat(valueBytes);
    await using reader = await RawHttp2Reader.open({
      address: server.address,
      method: "rill.v1.ServerService/GetServerInfo",
      request: new Uint8Array(),
      metadata,
    });
    return await reader.ended;
  }

  it("is served while its metadata is within the bound on bytes", async () => {
    assert.equal((await call(200, 5)).grpcStatus, 0);
  });

  for (const [count, valueBytes] of [
    [200, 60],
    [1_500, 5],
  ] as const) {
    it(`is told METADATA_TOO_LARGE for ${count} headers of ${valueBytes} bytes, not only reset`, async () => {
      const { code, reason, facts } = rawStatusDetails(await call(count, valueBytes));
      assert.deepEqual([code, reason, facts.max_metadata_bytes], [8, "METADATA_TOO_LARGE", "8192"]);
    });
  }
});
