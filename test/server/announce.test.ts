import assert from "node:assert/strict";
import { resolve } from "node:path";
import { announcement } from "../../src/server/announce.js";

describe("announcement", () => {
  it("shows a call that works on the same machine, by name where the server listens on every interface", () => {
    const [local, everywhere, six] = ["127.0.0.1:50051", "0.0.0.0:50051", "[::]:7"].map((address) =>
      announcement({ address, adminAddress: undefined, modelName: "tiny" }),
    );
    const call = (target: string): string =>
      `  grpcurl -plaintext -d '{"prompt":"Once upon a time"}' ${target} rill.v1.GenerationService/GenerateStream\n`;
    assert.ok(local?.includes(call("127.0.0.1:50051")));
    assert.ok(everywhere?.includes(call("localhost:50051")));
    assert.ok(everywhere?.includes("serving tiny on 0.0.0.0:50051"));
    assert.ok(six?.includes(call("localhost:7")));
  });

  it("shows a call over a Unix socket from whatever folder, with a path that the shell takes as it is", function () {
    if (process.platform === "win32") return this.skip();
    const callOf = (address: string): string | undefined =>
      announcement({ address, adminAddress: undefined, modelName: "tiny" })
        .split("\n")
        .find((line) => line.includes("grpcurl"));
    const call = (target: string): string =>
      `  grpcurl -plaintext -unix -d '{"prompt":"Once upon a time"}' ${target} rill.v1.GenerationService/GenerateStream`;
    assert.equal(callOf("unix:/run/rill.sock"), call("/run/rill.sock"));
    assert.equal(callOf("unix:rill.sock"), call(resolve("rill.sock")));
    assert.equal(callOf("unix:/run/it's here"), call(`'/run/it'\\''s here'`));
    const long = "x".repeat(100);
    assert.equal(callOf(`unix:${long}`), call(long));
  });

  it("names the metrics, where there are any", () => {
    const text = announcement({ address: "[::1]:1", adminAddress: "0.0.0.0:2", modelName: "tiny" });
    assert.match(text, /http:\/\/localhost:2\/metrics/);
    assert.doesNotMatch(announcement({ address: "[::1]:1", adminAddress: undefined, modelName: "tiny" }), /metrics/);
  });
});
