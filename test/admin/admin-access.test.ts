import assert from "node:assert/strict";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { setImmediate } from "node:timers/promises";
import { AdminServer } from "../../src/admin/admin-server.js";
import { FailedChecks } from "../../src/grpc/connection/failed-checks.js";
import { systemClock } from "../../src/sync/clock.js";
import { silentLogger } from "../../src/telemetry/logger.js";
import { AuditEntries } from "../support/audit-entries.js";
import { hashOf, IdentityRig } from "../support/identity-rig.js";
import { ManualClock } from "../support/manual-clock.js";
import { viewIn } from "./view-example.js";

const TENANTS = `
tenants:
  ops:
    keys:
      - { name: prometheus, sha256: ${hashOf("observer")}, permissions: [observe] }
      - { name: root, sha256: ${hashOf("root")}, permissions: [admin] }
      - { name: app, sha256: ${hashOf("app")} }
`;

async function ask(server: AdminServer, path: string, key?: string): Promise<IncomingMessage> {
  const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
  const outgoing = request(`http://${server.address}${path}`, { headers, agent: false });
  outgoing.end();
  const [response] = (await once(outgoing, "response")) as [IncomingMessage];
  response.resume();
  return response;
}

describe("The admin port of a server that knows its callers", () => {
  it("shows the metrics to observers and administrators, and answers the probes of everyone", async () => {
    await using rig = await IdentityRig.open({ tenants: TENANTS });
    const audit = new AuditEntries();
    await using server = await AdminServer.start({
      listen: { host: "127.0.0.1", port: 0 },
      certificates: undefined,
      access: { identify: rig.identify, audit, failedChecks: new FailedChecks(systemClock) },
      maxConnections: 10,
      hosts: [],
      view: () => viewIn("serving"),
      log: silentLogger,
      clock: systemClock,
    });
    const statusOf = async (path: string, key?: string): Promise<number | undefined> =>
      (await ask(server, path, key)).statusCode;
    assert.equal(await statusOf("/livez"), 200);
    assert.equal(await statusOf("/readyz"), 200);
    assert.equal(audit.list.length, 0);
    assert.equal(await statusOf("/metrics", "observer"), 200);
    assert.equal(await statusOf("/metrics", "root"), 200);
    assert.equal(await statusOf("/metrics", "app"), 403);
    const stranger = await ask(server, "/metrics", "stranger");
    assert.deepEqual([stranger.statusCode, stranger.headers["www-authenticate"]], [401, "Bearer"]);
    assert.equal(await statusOf("/metrics"), 401);
    assert.deepEqual(
      audit.list.map(({ action, outcome, caller, target }) => [action, outcome, caller?.subject, target]),
      [
        ["admin_request", "done", "prometheus", "/metrics"],
        ["admin_request", "done", "root", "/metrics"],
        ["permission_denied", "refused", "app", "/metrics"],
        ["authentication_failed", "refused", undefined, "/metrics"],
        ["authentication_failed", "refused", undefined, "/metrics"],
      ],
    );
    assert.ok(!JSON.stringify(audit.list).includes("stranger"));
  });

  it("slows down the guesses of an address, which count on both ports together, and no good caller", async () => {
    await using rig = await IdentityRig.open({ tenants: TENANTS });
    const clock = new ManualClock();
    const failedChecks = new FailedChecks(clock);
    await using server = await AdminServer.start({
      listen: { host: "127.0.0.1", port: 0 },
      certificates: undefined,
      access: { identify: rig.identify, audit: new AuditEntries(), failedChecks },
      maxConnections: 10,
      hosts: [],
      view: () => viewIn("serving"),
      log: silentLogger,
      clock: systemClock,
    });
    for (let guess = 0; guess < 19; guess += 1) failedChecks.note("127.0.0.1", () => undefined);
    assert.equal((await ask(server, "/metrics", "guess")).statusCode, 401);
    const slowed = ask(server, "/metrics", "guess");
    let isRefused = false;
    void slowed.then(() => (isRefused = true));
    while (clock.pendingTimers === 0) await setImmediate();
    assert.equal((await ask(server, "/metrics", "observer")).statusCode, 200);
    assert.equal(isRefused, false);
    clock.advance(1_000);
    assert.equal((await slowed).statusCode, 401);
  });
});
