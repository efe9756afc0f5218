import assert from "node:assert/strict";
import { CacheScope } from "../../../generated/rill/v1/cache_scope.js";
import { GenerationState } from "../../../generated/rill/v1/generation_state.js";
import { knownWhen } from "../../support/ledger-watch.js";
import { SCRIPT } from "../../support/scripted-engine.js";
import { serveSuite } from "../../support/suite-server.js";
import { messageOf, promptRequest, refusalOf, TestClient, tokensRequest } from "../../support/test-client.js";
import { callsOf, identifyByWords } from "../../support/test-tenants.js";
import { SessionClient } from "../session-client.js";
import { turnRequest } from "../turn-request.js";

const ENDLESS = [SCRIPT.CYCLE, 65];

describe("tenants", () => {
  const suite = serveSuite({ identify: identifyByWords });
  let one: TestClient;
  let two: TestClient;
  let watcher: TestClient;
  let canceller: TestClient;

  before(() => {
    const { address } = suite.server;
    one = new TestClient(address, callsOf("one"));
    two = new TestClient(address, callsOf("two"));
    watcher = new TestClient(address, callsOf("operator", ["generate", "observe"]));
    canceller = new TestClient(address, callsOf("operator", ["generate", "cancel"]));
  });

  after(() => {
    for (const client of [one, two, watcher, canceller]) client[Symbol.dispose]();
  });

  it("have their own request ids, and find no generation of another by either id, alive or ended", async () => {
    const requestId = "mine";
    const calls = [one, two].map((client) => client.generation.generateStream(tokensRequest(ENDLESS, { requestId })));
    for (const call of calls) call.on("error", () => {});
    await Promise.all(calls.map((call) => messageOf(call, ({ event }) => event?.$case === "chunk")));
    const target = { $case: "requestId", value: requestId } as const;
    const known = await Promise.all([one, two].map((client) => client.known(target)));
    const [first, second] = known.map(({ generationId }) => ({ $case: "generationId", value: generationId }) as const);
    assert.ok(first !== undefined && second !== undefined);
    assert.notEqual(first.value, second.value);

    const never = { $case: "generationId", value: "gen_AAAAAAAAAAAAAAAA" } as const;
    const unknown = await refusalOf(one.known(never));
    assert.equal(unknown.reason, "GENERATION_NOT_FOUND");
    assert.deepEqual(await refusalOf(one.known(second)), unknown, "in the same words as one that does not exist");
    assert.deepEqual(await refusalOf(one.cancel({ target: second })), await refusalOf(one.cancel({ target: never })));
    assert.deepEqual(
      await refusalOf(watcher.cancel({ target: second })),
      await refusalOf(one.cancel({ target: never })),
    );
    assert.equal((await watcher.known(second)).generationId, second.value);
    assert.equal((await refusalOf(watcher.known(target))).reason, "GENERATION_NOT_FOUND", "a request id is one's own");

    await one.cancel({ target });
    assert.equal((await two.known(target)).end, undefined);
    await canceller.cancel({ target: second });
    for (const [client, id] of [
      [one, first],
      [two, second],
    ] as const) {
      await knownWhen(client, id, ({ state }) => state === GenerationState.ENDED);
    }
    assert.deepEqual(await refusalOf(one.known(second)), unknown, "also after its end");
    assert.equal((await one.known(target)).generationId, first.value);
  });

  it("see their own generations in the load, and nothing that counts those of others", async () => {
    const running = [one, two].map((client) => client.generation.generateStream(tokensRequest(ENDLESS)));
    for (const call of running) call.on("error", () => {});
    await Promise.all(running.map((call) => messageOf(call, ({ event }) => event?.$case === "chunk")));
    const own = await one.load();
    assert.equal(own.generations.length, 1);
    assert.equal(own.slotsTotal, 4);
    assert.deepEqual([own.refusalsTotal.size, own.lanes], [0, []]);
    const counts = Object.values({ ...own, slotsTotal: 0, state: 0 }).filter((value) => typeof value === "number");
    assert.deepEqual(new Set(counts), new Set([0]));
    assert.ok(counts.length >= 10);
    const all = await watcher.load();
    assert.equal(all.generations.length, 2);
    assert.equal(all.slotsBusy, 2);
    for (const call of running) call.cancel();
  });

  it("do not find each other's sessions, nor wait for what happens in them", async () => {
    const { address } = suite.server;
    using ofOne = new SessionClient(address, callsOf("one"));
    using ofTwo = new SessionClient(address, callsOf("two"));
    const { sessionId } = await ofOne.create();
    const turn = one.generation.generateStream(turnRequest({ sessionId }));
    turn.on("error", () => {});
    await messageOf(turn, ({ event }) => event?.$case === "accepted");
    const missing = "ses_AAAAAAAAAAAAAAAAAAAAAAAA";
    const tries: ((id: string) => Promise<unknown>)[] = [
      (id) => ofTwo.get(id),
      (id) => ofTwo.listTurns({ sessionId: id }),
      (id) => ofTwo.delete({ sessionId: id }),
      (id) => two.generate(turnRequest({ sessionId: id })),
    ];
    for (const [index, attempt] of tries.entries()) {
      const refusal = await refusalOf(attempt(sessionId));
      assert.equal(refusal.reason, "SESSION_NOT_FOUND", String(index));
      assert.deepEqual(refusal, await refusalOf(attempt(missing)), String(index));
    }
    assert.deepEqual((await ofTwo.list()).sessions, []);
    turn.cancel();
  });

  it("reuse no prompt of each other, and a call only what its cache allows", async () => {
    const prompt = "x".repeat(400);
    const reused = async (client: TestClient, cache?: CacheScope): Promise<number> => {
      const { usage } = await client.generate(promptRequest(prompt, { cache }));
      return usage?.reusedInputTokens ?? -1;
    };
    assert.equal(await reused(one), 0);
    assert.ok((await reused(one)) > 300);
    assert.equal(await reused(two), 0);
    assert.ok((await reused(two, CacheScope.TENANT)) > 300);
    assert.equal(await reused(two, CacheScope.PRIVATE), 0);
    assert.ok((await reused(two, CacheScope.PRIVATE)) > 300);
    assert.equal(await reused(two, CacheScope.NONE), 0);
    assert.equal(await reused(two, CacheScope.NONE), 0);
  });
});

describe("tenants that share all prefixes", () => {
  const suite = serveSuite({ identify: identifyByWords, sharedPrefixes: "all" });

  it("reuse each other's prompts, except private ones", async () => {
    using one = new TestClient(suite.server.address, callsOf("one"));
    using two = new TestClient(suite.server.address, callsOf("two"));
    const reused = async (client: TestClient, prompt: string, cache?: CacheScope): Promise<number> => {
      const { usage } = await client.generate(promptRequest(prompt, { cache }));
      return usage?.reusedInputTokens ?? -1;
    };
    assert.equal(await reused(one, "x".repeat(400)), 0);
    assert.ok((await reused(two, "x".repeat(400))) > 300);
    assert.equal(await reused(one, "y".repeat(400), CacheScope.PRIVATE), 0);
    assert.equal(await reused(two, "y".repeat(400), CacheScope.PRIVATE), 0);
  });
});
