import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hashOf, IdentityRig, KEY, tenantsWithKey } from "../support/identity-rig.js";
import { TestServer } from "../support/test-server.js";
import { type RillRun, runRill } from "./run-rill.js";

describe("The token of a command", () => {
  let folder = "";
  let rig: IdentityRig;
  let server: TestServer;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "rill-token-"));
    rig = await IdentityRig.open();
    server = await TestServer.start({ identify: rig.identify });
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
    await rig[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  const count = (args: readonly string[], environment: Record<string, string> = {}): Promise<RillRun> =>
    runRill(["tokenize", "a", "--count", ...args], { RILL_ADDRESS: server.address, ...environment });

  it("comes from a file or from RILL_TOKEN, and the file comes first", async () => {
    const path = join(folder, "token");
    await writeFile(path, `${KEY}\n`);
    assert.equal((await count(["--token-file", path], { RILL_TOKEN: "wrong" })).code, 0);
    assert.equal((await count([], { RILL_TOKEN: KEY })).code, 0);
    const without = await count([]);
    assert.equal(without.code, 1);
    assert.match(without.stderr, /^rill tokenize: UNAUTHENTICATED: the call has no credentials/);
  });

  it("is shown by no message, whatever is wrong with it", async () => {
    const path = join(folder, "two");
    await writeFile(path, "top secret");
    const runs = [
      await count(["--token-file", path]),
      await count([], { RILL_TOKEN: "top secret" }),
      await count([], { RILL_TOKEN: "topsecret" }),
      await count(["--address", "rill.test:50051"], { RILL_TOKEN: "topsecret" }),
    ];
    assert.deepEqual(
      runs.map(({ code }) => code),
      [2, 2, 1, 2],
    );
    for (const { stdout, stderr } of runs) assert.doesNotMatch(stdout + stderr, /secret/);
    assert.equal((await count(["--token-file", join(folder, "none")])).code, 2);
  });

  it("does not leave the machine unencrypted, unless the user allows it", async () => {
    const flags = ["--address", "192.0.2.1:1", "--deadline", "50ms"];
    const refused = await count(flags, { RILL_TOKEN: KEY });
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /RILL_TOKEN: the connection is not encrypted/);
    assert.equal((await count([...flags, "--insecure-token"], { RILL_TOKEN: KEY })).code, 1);
    assert.equal((await count(flags)).code, 1);
  });

  it("can be a key that rill key has made", async () => {
    const { code, stdout } = await runRill(["key"], {});
    const [, key = "", hash = ""] = /^key: {4}(rill_[\w-]{43})\nsha256: ([0-9a-f]{64})\n$/.exec(stdout) ?? [];
    assert.equal(code, 0);
    assert.equal(hash, hashOf(key));
    await using own = await IdentityRig.open({ tenants: tenantsWithKey({ key }) });
    await using other = await TestServer.start({ identify: own.identify });
    assert.equal((await count(["--address", other.address], { RILL_TOKEN: key })).code, 0);
    assert.notEqual((await runRill(["key"], {})).stdout, stdout);
  });
});
