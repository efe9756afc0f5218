import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import fc from "fast-check";
import type { SessionStore, TurnLease } from "../../src/sessions/session-store.js";
import type { StoreResult } from "../../src/sessions/store-problem.js";
import { ModelStore } from "./model-store.js";
import { commitOf, type Day, HOUR, LIMITS, MINUTE, openStore, OUTCOME } from "./store-rig.js";

const TIGHT = { sessions: 4, turns: 7, bytes: LIMITS.bytes };

/** Which session is meant: one of the first that the run has made, of either owner. */
const target = fc.record({ session: fc.constantFrom(0, 0, 0, 0, 1, 2, 3), owner: fc.constantFrom("a", "a", "a", "b") });
/** The revision that a client expects: the right one, a slightly wrong one, or none. */
const revision = fc.constantFrom("none", "none", "right", "right", "off" as const);
const texts = fc.array(fc.string({ unit: "binary", maxLength: 12 }), { minLength: 1, maxLength: 2 });
const key = fc.constantFrom(undefined, "k1", "k2");

const step = fc.oneof(
  fc.record({ type: fc.constant("create"), owner: target, texts }),
  fc.record({
    type: fc.constant("update"),
    target,
    revision,
    label: fc.string(),
    idleMs: fc.constantFrom(HOUR, 2 * HOUR),
  }),
  fc.record({ type: fc.constant("append"), target, revision, texts }),
  fc.record({ type: fc.constant("fork"), target, atTurn: fc.option(fc.nat(4), { nil: undefined }) }),
  fc.record({ type: fc.constant("delete"), target, revision }),
  fc.record({ type: fc.constant("open"), target, revision, key }),
  ...Array.from({ length: 3 }, () =>
    fc.record({
      type: fc.constant("admit"),
      target,
      off: fc.constantFrom(0, 0, 0, 1),
      key,
      texts,
      continues: fc.boolean(),
    }),
  ),
  fc.record({ type: fc.constant("renew"), lease: fc.nat(3), text: fc.option(fc.string(), { nil: undefined }) }),
  ...Array.from({ length: 3 }, () =>
    fc.record({
      type: fc.constant("commit"),
      lease: fc.nat(3),
      status: fc.constantFrom("complete", "truncated", "cancelled", "failed"),
      text: fc.string(),
    }),
  ),
  fc.record({ type: fc.constant("sweep") }),
  fc.record({ type: fc.constant("wait"), ms: fc.constantFrom(1, MINUTE / 2, MINUTE, MINUTE, MINUTE, 2 * HOUR) }),
);

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

const CREATION: Step = { type: "create", owner: { session: 0, owner: "a" }, texts: ["hello"] };

/** One run: the same calls to the store and to the model, whose answers must be the same. */
class Comparison {
  readonly #store: SessionStore;
  readonly #model: ModelStore;
  readonly #day: Day;
  readonly #run = randomUUID();
  readonly #ids: string[] = [];
  readonly #leases: TurnLease[] = [];
  #pending: Promise<void>[] = [];

  constructor(store: SessionStore, day: Day) {
    this.#store = store;
    this.#day = day;
    this.#model = new ModelStore(TIGHT, day);
  }

  /** Asks without waiting: the store has several calls before it, as of several clients, and answers as if they came one by one. */
  async take(step: Step): Promise<void> {
    const store = this.#store;
    const model = this.#model;
    switch (step.type) {
      case "create": {
        const { owner } = this.#keyOf(step.owner);
        const sessionId = this.#newId();
        const request = { owner, sessionId, labels: new Map(), idleMs: HOUR, messages: toMessages(step.texts) };
        this.#compare(store.create(request), model.create(request));
        return;
      }
      case "update": {
        const given = { ...this.#keyOf(step.target), expectedRevision: this.#revisionOf(step) };
        const request = { ...given, labels: new Map([["label", step.label]]), idleMs: step.idleMs };
        this.#compare(store.update(request), model.update(request));
        return;
      }
      case "append": {
        const given = { ...this.#keyOf(step.target), expectedRevision: this.#revisionOf(step) };
        const request = { ...given, messages: toMessages(step.texts) };
        this.#compare(store.append(request), model.append(request));
        return;
      }
      case "fork": {
        const request = { ...this.#keyOf(step.target), forkId: this.#newId(), atTurn: step.atTurn, labels: undefined };
        this.#compare(store.fork(request), model.fork(request));
        return;
      }
      case "delete": {
        const request = { ...this.#keyOf(step.target), expectedRevision: this.#revisionOf(step) };
        this.#compare(store.delete(request), model.delete(request));
        return;
      }
      case "open": {
        const given = { ...this.#keyOf(step.target), expectedRevision: this.#revisionOf(step) };
        const request = { ...given, idempotencyKey: step.key, messages: [] };
        this.#compare(store.openTurn(request), model.openTurn(request));
        return;
      }
      case "admit": {
        this.#admit(step);
        return;
      }
      case "renew": {
        const lease = this.#leaseAt(step.lease);
        if (lease === undefined) return;
        const request = { lease, leaseMs: MINUTE, answer: step.text };
        this.#compare(store.renewLease(request), model.renewLease(request));
        return;
      }
      case "commit": {
        const lease = this.#leaseAt(step.lease);
        if (lease === undefined) return;
        const request = commitOf(lease, {
          status: step.status,
          answer: step.text,
          outcome: OUTCOME,
          record: step.text,
        });
        this.#compare(store.commitTurn(request), model.commitTurn(request));
        return;
      }
      case "sweep":
        this.#pending.push(store.sweep(1_000).then((result) => assert.ok(result.ok)));
        model.sweep();
        return;
      case "wait":
        await this.settle();
        this.#day.nowMs += step.ms;
    }
  }

  /** Waits for all answers, then looks at everything that is stored. */
  async settle(): Promise<void> {
    await Promise.all(this.#pending);
    this.#pending = [];
    for (const sessionId of this.#ids) {
      const key = { owner: this.#ownerOf("a"), sessionId };
      this.#compare(this.#store.get(key), this.#model.get(key));
      const listed = await this.#store.listTurns({ ...key, afterNumber: 0, maxEntries: 100, maxBytes: 1e9 });
      if (listed.ok) assert.deepEqual(listed.value.turns, this.#model.turnsOf(key));
    }
    await Promise.all(this.#pending);
    this.#pending = [];
  }

  #admit(step: Extract<Step, { type: "admit" }>): void {
    const key = this.#keyOf(step.target);
    const known = this.#model.get(key);
    const request = {
      ...key,
      revision: (known.ok ? known.value.revision : 1) + step.off,
      generationId: randomUUID(),
      messages: toMessages(step.texts),
      continues: step.continues,
      idempotency: step.key === undefined ? undefined : { key: step.key, bodyDigest: "digest" },
      leaseMs: MINUTE,
    };
    const expected = this.#model.admitTurn(request);
    if (expected.ok && expected.value.type === "admitted") this.#leases.push(expected.value.lease);
    this.#compare(this.#store.admitTurn(request), expected);
  }

  #compare<Value>(answer: Promise<StoreResult<Value>>, expected: StoreResult<Value>): void {
    this.#pending.push(answer.then((actual) => assert.deepEqual(actual, expected)));
  }

  #newId(): string {
    const sessionId = randomUUID();
    this.#ids.push(sessionId);
    return sessionId;
  }

  #keyOf({ session, owner }: { session: number; owner: string }): { owner: string; sessionId: string } {
    return { owner: this.#ownerOf(owner), sessionId: this.#ids[session] ?? "none" };
  }

  #ownerOf(name: string): string {
    return `${this.#run}-${name}`;
  }

  #leaseAt(fromNewest: number): TurnLease | undefined {
    return this.#leases.at(-1 - fromNewest);
  }

  #revisionOf(step: {
    target: { session: number; owner: string };
    revision: "none" | "right" | "off";
  }): number | undefined {
    if (step.revision === "none") return undefined;
    const known = this.#model.get(this.#keyOf(step.target));
    return (known.ok ? known.value.revision : 1) + (step.revision === "off" ? 1 : 0);
  }
}

function toMessages(contents: readonly string[]): readonly { role: "user"; content: string }[] {
  return contents.map((content) => ({ role: "user", content }));
}

describe("A store under random calls of several clients", function () {
  this.timeout(120_000);
  const day: Day = { nowMs: 1_790_000_000_000 };
  let store: SessionStore;
  before(() => {
    store = openStore({ type: "memory" }, { day, limits: TIGHT });
  });
  after(async () => {
    await store[Symbol.asyncDispose]();
  });

  it("answers as the model does, and has stored what the model has", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
        const comparison = new Comparison(store, day);
        for (const next of [CREATION, CREATION, ...steps]) await comparison.take(next);
        await comparison.settle();
      }),
      { numRuns: 300 },
    );
  });
});
