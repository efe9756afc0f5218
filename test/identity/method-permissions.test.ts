import assert from "node:assert/strict";
import { status as Status } from "@grpc/grpc-js";
import { type Permission, PERMISSIONS } from "../../src/core/calls.js";
import { DescriptorSet } from "../../src/grpc/contract/descriptor-set.js";
import { hashOf, IdentityRig } from "../support/identity-rig.js";
import { RawHttp2Reader } from "../support/raw-http2-reader.js";
import { rawStatusDetails, type StatusDetails } from "../support/status-details.js";
import { TestServer } from "../support/test-server.js";

/** Written apart from the server's own table: the permissions of each method, of which a caller needs one. [] takes every identified caller. */
const NEEDED: Readonly<Record<string, readonly Permission[] | "open">> = {
  "rill.v1.GenerationService/Generate": ["generate"],
  "rill.v1.GenerationService/GenerateStream": ["generate"],
  "rill.v1.GenerationService/GetGeneration": ["generate", "observe"],
  "rill.v1.GenerationService/CancelGeneration": ["generate", "cancel"],
  "rill.v1.ModelService/GetModel": [],
  "rill.v1.ServerService/GetServerInfo": [],
  "rill.v1.ServerService/GetLoad": ["generate", "observe"],
  "rill.v1.ServerService/WatchLoad": ["generate", "observe"],
  "rill.v1.TokenService/Tokenize": ["tokens"],
  "rill.v1.TokenService/Detokenize": ["tokens"],
  "rill.v1.TokenService/CountTokens": ["tokens", "generate"],
  "rill.v1.SessionService/CreateSession": ["sessions"],
  "rill.v1.SessionService/GetSession": ["sessions"],
  "rill.v1.SessionService/UpdateSession": ["sessions"],
  "rill.v1.SessionService/ListSessions": ["sessions"],
  "rill.v1.SessionService/ListTurns": ["sessions"],
  "rill.v1.SessionService/DeleteSession": ["sessions"],
  "rill.v1.SessionService/ForkSession": ["sessions"],
  "rill.v1.SessionService/AppendMessages": ["sessions"],
  "grpc.health.v1.Health/Check": "open",
  "grpc.health.v1.Health/List": "open",
  "grpc.health.v1.Health/Watch": "open",
  "grpc.reflection.v1.ServerReflection/ServerReflectionInfo": [],
  "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo": [],
};
/** Methods whose streams do not end by themselves once they are let in. */
const ENDLESS = ["rill.v1.ServerService/WatchLoad", "grpc.health.v1.Health/Watch"];

const TENANTS = `tenants:\n  acme:\n    keys:\n${["nothing", ...PERMISSIONS]
  .map((name) => `      - { name: ${name}, sha256: ${hashOf(name)}, permissions: [${name === "nothing" ? "" : name}] }`)
  .join("\n")}\n`;

/** Calls a method with an empty request. Returns undefined if it is let in and goes on. */
async function call(
  { address }: TestServer,
  method: string,
  authorization: string | undefined,
): Promise<StatusDetails | undefined> {
  const metadata = authorization === undefined ? {} : { authorization };
  await using reader = await RawHttp2Reader.open({ address, method, request: new Uint8Array(), metadata });
  if (ENDLESS.includes(method)) {
    await Promise.race([reader.waitForMessages(1), reader.ended]);
    if (reader.messageCount > 0) return undefined;
  }
  return rawStatusDetails(await reader.ended);
}

/** Whether the check let the call in: whatever else became of it is not its business. */
function isLetIn(status: StatusDetails | undefined): boolean {
  return status?.code !== Status.UNAUTHENTICATED && status?.code !== Status.PERMISSION_DENIED;
}

describe("The permissions", () => {
  it("are known for every method of the contract", async () => {
    const { registry } = await DescriptorSet.read();
    const services = [...registry.files].flatMap(({ services: each }) => each);
    const methods = services.flatMap(({ typeName, methods: each }) => each.map(({ name }) => `${typeName}/${name}`));
    assert.deepEqual(methods.toSorted(), Object.keys(NEEDED).toSorted());
  });

  it("decide alone about every method, over the wire", async () => {
    await using rig = await IdentityRig.open({ tenants: TENANTS });
    await using server = await TestServer.start({ identify: rig.identify });
    const wrong: string[] = [];
    for (const [method, needed] of Object.entries(NEEDED)) {
      for (const name of ["nothing", ...PERMISSIONS]) {
        const isExpected = needed === "open" || needed.length === 0 || needed.some((permission) => permission === name);
        const status = await call(server, method, `Bearer ${name}`);
        if (isLetIn(status) !== isExpected) wrong.push(`${method} with ${name}: ${status?.reason ?? "let in"}`);
        if (isExpected) continue;
        assert.deepEqual([status?.reason, status?.facts], ["PERMISSION_DENIED", { permission: String(needed) }]);
      }
      const unknown = await call(server, method, undefined);
      if (isLetIn(unknown) !== (needed === "open")) wrong.push(`${method} without credentials`);
    }
    assert.deepEqual(wrong, []);
  });
});

describe("Many failed checks from one address", () => {
  it("are refused later and later, while a good caller from there is served at once", async () => {
    await using rig = await IdentityRig.open({ tenants: TENANTS });
    await using server = await TestServer.start({ identify: rig.identify });
    const method = "rill.v1.ServerService/GetServerInfo";
    const startedMs = performance.now();
    const bad = Array.from({ length: 30 }, async (_, attempt) => {
      const status = await call(server, method, `Bearer bad-${attempt}`);
      return { code: status?.code, afterMs: performance.now() - startedMs };
    });
    const good = await call(server, method, "Bearer generate");
    assert.equal(good?.code, Status.OK);
    const ends = await Promise.all(bad);
    assert.deepEqual(new Set(ends.map(({ code }) => code)), new Set([Status.UNAUTHENTICATED]));
    assert.ok(ends.filter(({ afterMs }) => afterMs >= 1_000).length >= 5, "some refusals wait a second");
  });
});

describe("Server reflection", () => {
  const METHOD = "grpc.reflection.v1.ServerReflection/ServerReflectionInfo";

  it("can be turned off, and is then unknown to every caller", async () => {
    await using server = await TestServer.start({ reflection: "off" });
    assert.equal((await call(server, METHOD, undefined))?.code, Status.UNIMPLEMENTED);
  });

  it("is served to callers on this machine if the server knows no callers", async () => {
    await using server = await TestServer.start({ reflection: "local" });
    assert.equal((await call(server, METHOD, undefined))?.code, Status.OK);
  });
});
