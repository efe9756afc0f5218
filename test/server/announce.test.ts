import assert from "node:assert/strict";
import { resolve } from "node:path";
import type { ListenAddress } from "../../src/machine/listen-address.js";
import { announcement } from "../../src/server/announce.js";

/** An announcement of the model `tiny`. */
function announce(address: string, adminAddress?: string): string {
  return announcement({
    addresses: [{ security: "plaintext", address }],
    adminAddress: adminAddress === undefined ? undefined : { security: "plaintext", address: adminAddress },
    modelName: "tiny",
    trust: undefined,
    program: "npx rill",
    logPlace: "a file",
  });
}

describe("announcement", () => {
  it("shows a call that works on the same machine, by name where the server listens on every interface", () => {
    const [local, everywhere, six] = ["127.0.0.1:50051", "0.0.0.0:50051", "[::]:7"].map((address) => announce(address));
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
      announce(address)
        .split("\n")
        .find((line) => line.startsWith("  grpcurl"));
    const call = (target: string): string =>
      `  grpcurl -plaintext -unix -d '{"prompt":"Once upon a time"}' ${target} rill.v1.GenerationService/GenerateStream`;
    assert.equal(callOf("unix:/run/rill.sock"), call("/run/rill.sock"));
    assert.equal(callOf("unix:rill.sock"), call(resolve("rill.sock")));
    assert.equal(callOf("unix:/run/it's here"), call(`'/run/it'\\''s here'`));
    const long = "x".repeat(100);
    assert.equal(callOf(`unix:${long}`), call(long));
  });

  it("shows a call that needs no other tool, with the address unless it is the one that is called anyway", () => {
    const callOf = (address: string): string | undefined => /^  (npx .*)$/m.exec(announce(address))?.[1];
    assert.equal(callOf("127.0.0.1:50051"), 'npx rill generate "Once upon a time"');
    assert.equal(callOf("127.0.0.1:7"), 'npx rill generate --address 127.0.0.1:7 "Once upon a time"');
    assert.equal(callOf("0.0.0.0:50051"), 'npx rill generate --address localhost:50051 "Once upon a time"');
    if (process.platform === "win32") return;
    assert.equal(
      callOf("unix:rill.sock"),
      `npx rill generate --address unix:${resolve("rill.sock")} "Once upon a time"`,
    );
    assert.equal(callOf("unix:/a b"), `npx rill generate --address 'unix:/a b' "Once upon a time"`);
  });

  it("says where the log goes", () => {
    assert.match(announce("127.0.0.1:1"), /^log: a file$/m);
  });

  it("names the metrics, where there are any", () => {
    const text = announce("[::1]:1", "0.0.0.0:2");
    assert.match(text, /http:\/\/localhost:2\/metrics/);
    assert.doesNotMatch(announce("[::1]:1"), /metrics/);
  });

  it("shows a call with TLS where there is no other address, with the authority and the name that it needs", () => {
    const callsOf = (addresses: readonly ListenAddress[]): readonly (string | undefined)[] => {
      const trust = {
        authorities: "/etc/rill/it's.pem",
        nameFor: (host: string) => (host === "localhost" ? undefined : "a.test"),
      };
      const adminAddress = { security: "tls", address: "0.0.0.0:2" } as const;
      const names = { modelName: "tiny", program: "rill", logPlace: "a file" };
      const text = announcement({ addresses, adminAddress, trust, ...names });
      return [/^  (rill .*)$/m, /^  (grpcurl .*) -d/m, /^metrics: (.*)$/m].map((pattern) => pattern.exec(text)?.[1]);
    };
    const tls = { security: "tls", address: "0.0.0.0:7" } as const;
    const mtls = { security: "mtls", address: "127.0.0.1:8" } as const;
    const ca = `'/etc/rill/it'\\''s.pem'`;
    assert.deepEqual(callsOf([mtls, tls]), [
      `rill generate --address localhost:7 --tls --ca ${ca} "Once upon a time"`,
      `grpcurl -cacert ${ca}`,
      "https://localhost:2/metrics",
    ]);
    const identity = "--cert CERTIFICATE --key KEY";
    assert.deepEqual(callsOf([mtls]).slice(0, 2), [
      `rill generate --address 127.0.0.1:8 --tls --ca ${ca} --server-name a.test ${identity} "Once upon a time"`,
      `grpcurl -cacert ${ca} -authority a.test -cert CERTIFICATE -key KEY`,
    ]);
    assert.match(callsOf([mtls, { security: "plaintext", address: "127.0.0.1:9" }])[1] ?? "", /-plaintext$/);
  });
});
