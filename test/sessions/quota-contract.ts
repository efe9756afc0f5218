import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { TenantPolicies, TenantPolicy } from "../../src/core/tenant-policy.js";
import type { CreateSession, SessionStore } from "../../src/sessions/session-store.js";
import {
  admissionOf,
  admit,
  begin,
  commitOf,
  HOUR,
  keyOf,
  openingOf,
  OWNER,
  problemOf,
  reread,
  says,
  turnsOf,
  valueOf,
} from "./store-rig.js";

/** The policy of OWNER, which a test changes while stores are open. Other tenants have no bounds. */
class OwnerPolicy implements TenantPolicies {
  policy: TenantPolicy;

  constructor(bounds: Omit<TenantPolicy, "weight">) {
    this.policy = { weight: 1, ...bounds };
  }

  of(tenant: string): TenantPolicy {
    return tenant === OWNER ? this.policy : { weight: 1 };
  }
}

function creation(given: Partial<CreateSession> = {}): CreateSession {
  return { owner: OWNER, sessionId: randomUUID(), labels: new Map(), idleMs: HOUR, messages: [], ...given };
}

function sizeOf(content: string): number {
  return Buffer.byteLength(JSON.stringify(says(content)));
}

/**
 * The contract of every store about the bounds of tenants.
 * @param open opens the test's store, once more with each call if it is durable
 */
export function describeQuotaContract(open: (policies: TenantPolicies) => SessionStore, durable: boolean): void {
  const quota = { type: "quota_exceeded", owner: OWNER } as const;

  it("holds a tenant to its sessions, and no other", async () => {
    const policies = new OwnerPolicy({ sessions: 2 });
    await using store = open(policies);
    const request = creation();
    const first = valueOf(await store.create(request));
    await begin(store);
    const full = { ...quota, quota: "sessions", limit: 2, used: 2, added: 1 };
    assert.deepEqual(problemOf(await store.create(creation())), full);
    const fork = { ...keyOf(first), forkId: randomUUID(), atTurn: 0, labels: undefined };
    assert.deepEqual(problemOf(await store.fork(fork)), full);
    assert.deepEqual(valueOf(await store.create(request)), first, "a repeat adds nothing");
    valueOf(await store.create(creation({ owner: "tenant-b" })));
    valueOf(await store.append({ ...keyOf(first), expectedRevision: 1, messages: says("no session more") }));
    valueOf(await store.delete({ ...keyOf(first), expectedRevision: undefined }));
    const second = await begin(store);
    policies.policy = { weight: 1, sessions: 3 };
    valueOf(await store.fork({ ...fork, sessionId: second.sessionId }));
    policies.policy = { weight: 1, sessions: 0 };
    assert.deepEqual(problemOf(await store.create(creation())), { ...full, limit: 0, used: 3 });
  });

  it("lets a tenant without sessions make none if its bound is 0", async () => {
    await using store = open(new OwnerPolicy({ sessions: 0 }));
    const problem = { ...quota, quota: "sessions", limit: 0, used: 0, added: 1 };
    assert.deepEqual(problemOf(await store.create(creation())), problem);
  });

  it("holds the sessions of a tenant together to its bytes, before a turn is admitted", async () => {
    const [size, most] = [sizeOf("x".repeat(100)), 3 * sizeOf("x".repeat(100))];
    const policies = new OwnerPolicy({ sessionBytes: most });
    await using store = open(policies);
    const messages = says("x".repeat(100));
    const one = await begin(store, { messages });
    const two = await begin(store, { messages });
    await begin(store, { owner: "tenant-b", messages });
    valueOf(await store.append({ ...keyOf(two), expectedRevision: 1, messages }));
    const full = { ...quota, quota: "session_bytes", limit: most, used: most, added: size };
    assert.deepEqual(problemOf(await store.create(creation({ messages }))), full);
    assert.deepEqual(problemOf(await store.append({ ...keyOf(one), expectedRevision: 1, messages })), full);
    assert.deepEqual(problemOf(await store.openTurn(openingOf(one, { messages }))), full);
    assert.deepEqual(problemOf(await store.admitTurn(admissionOf(one, { messages }))), full);
    const fork = { ...keyOf(two), forkId: randomUUID(), labels: undefined };
    assert.deepEqual(problemOf(await store.fork({ ...fork, atTurn: 2 })), { ...full, added: 2 * size });
    assert.deepEqual([(await reread(store, one)).turns, (await turnsOf(store, two)).length], [1, 2]);
    // What adds no bytes stays possible.
    valueOf(await store.fork({ ...fork, atTurn: 0 }));
    valueOf(await store.create(creation()));
    valueOf(await store.delete({ ...keyOf(two), expectedRevision: undefined }));
    valueOf(await store.append({ ...keyOf(one), expectedRevision: 1, messages }));
    policies.policy = { weight: 1 };
    for (let index = 0; index < 3; index++) await begin(store, { messages });
  });

  it("stores an answer beyond the bytes of the tenant, and admits no further turn", async () => {
    await using store = open(new OwnerPolicy({ sessionBytes: 1_000 }));
    const session = await begin(store);
    const lease = await admit(store, session);
    const { revision } = valueOf(await store.commitTurn(commitOf(lease, { answer: "x".repeat(2_000) })));
    const { bytes } = await reread(store, session);
    assert.ok(bytes > 2_000);
    const problem = problemOf(await store.admitTurn(admissionOf(session, { revision, messages: says("y") })));
    const expected = { ...quota, quota: "session_bytes", limit: 1_000, used: bytes, added: sizeOf("y") };
    assert.deepEqual(problem, expected);
  });

  if (!durable) return;

  it("never lets two replicas that ask at once add more than the bounds", async () => {
    const messages = says("x".repeat(100));
    const sessions = 6;
    const policies = new OwnerPolicy({ sessions, sessionBytes: 4 * sizeOf("x".repeat(100)) });
    await using one = open(policies);
    await using other = open(policies);
    const made = await Promise.all(
      Array.from({ length: 12 }, (_, index) => (index % 2 === 0 ? one : other).create(creation())),
    );
    const created = made.flatMap((result) => (result.ok ? [result.value] : []));
    assert.equal(created.length, sessions);
    const grown = await Promise.all(
      created.map((session, index) =>
        (index % 2 === 0 ? one : other).append({ ...keyOf(session), expectedRevision: 1, messages }),
      ),
    );
    assert.equal(grown.filter(({ ok }) => ok).length, 4);
  });
}
