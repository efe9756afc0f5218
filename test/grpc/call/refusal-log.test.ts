import assert from "node:assert/strict";
import { Metadata, status as Status } from "@grpc/grpc-js";
import { RefusalLog } from "../../../src/grpc/call/refusal-log.js";
import { RecordingLogger } from "../../scheduler/recording-logger.js";
import { ManualClock } from "../../support/manual-clock.js";
import { answerOf, promptRequest, refusalOf, TestClient, tokensRequest } from "../../support/test-client.js";
import { SCRIPT } from "../../support/scripted-engine.js";
import { TestServer } from "../../support/test-server.js";

describe("The log of refusals", () => {
  it("has the first of each reason in a window whole, and the number of the others at its end", () => {
    const clock = new ManualClock();
    const log = new RecordingLogger();
    using refusals = new RefusalLog({ clock, log });
    let described = 0;
    const note = (reason: string): void => refusals.note(reason, () => ({ nth: ++described }));
    const told = (): unknown[] => log.lines.splice(0).map(({ level, message, fields }) => [level, message, fields]);
    for (let index = 0; index < 10_000; index++) note("QUEUE_FULL");
    note("STARTING");
    assert.deepEqual(told(), [
      ["info", "call refused", { reason: "QUEUE_FULL", nth: 1 }],
      ["info", "call refused", { reason: "STARTING", nth: 2 }],
    ]);
    clock.advance(5_000);
    assert.deepEqual(told(), [["info", "more calls refused", { reason: "QUEUE_FULL", calls: 9_999, windowMs: 5_000 }]]);
    note("QUEUE_FULL");
    note("QUEUE_FULL");
    assert.deepEqual(told(), [["info", "call refused", { reason: "QUEUE_FULL", nth: 3 }]]);
    refusals[Symbol.dispose]();
    assert.deepEqual(told(), [["info", "more calls refused", { reason: "QUEUE_FULL", calls: 1, windowMs: 5_000 }]]);
    clock.advance(60_000);
    assert.deepEqual(told(), []);
  });

  describe("of a server", () => {
    let log: RecordingLogger;
    let server: TestServer;
    let client: TestClient;

    beforeEach(async () => {
      log = new RecordingLogger();
      server = await TestServer.start({ log });
      client = new TestClient(server.address);
    });

    afterEach(async () => {
      client[Symbol.dispose]();
      await server[Symbol.asyncDispose]();
    });

    const refused = (): unknown[] =>
      log.lines
        .filter(({ level, message }) => level === "info" && message === "call refused")
        .map(({ fields }) => fields);

    function generate(request: ReturnType<typeof promptRequest>, headers: Record<string, string>): Promise<unknown> {
      const metadata = new Metadata();
      for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
      return answerOf((settle) => client.generation.generate(request, metadata, settle));
    }

    it("says who was refused what, by every name that the call has", async () => {
      const headers = { "x-request-id": "envoy-1", "grpc-previous-rpc-attempts": "2" };
      await refusalOf(generate(promptRequest("", { requestId: "mine\u009b" }), headers));
      const [line, ...others] = refused() as Record<string, unknown>[];
      assert.match(String(line?.peer), /^127\.0\.0\.1:\d+$/);
      const { peer } = line ?? {};
      assert.deepEqual(line, {
        reason: "INVALID_REQUEST",
        method: "Generate",
        generationId: undefined,
        requestId: "mine\\u{9b}",
        peer,
        xRequestId: "envoy-1",
        attempt: 3,
        fields: ["prompt"],
      });
      assert.deepEqual(others, []);
    });

    it("bounds what it shows of a name, and leaves out a malformed x-request-id", async () => {
      await refusalOf(generate(promptRequest("", { requestId: "a".repeat(1_000) }), { "x-request-id": "a b" }));
      const [line] = refused() as Record<string, unknown>[];
      assert.ok(Buffer.byteLength(String(line?.requestId)) <= server.limits.idBytes);
      assert.equal(line?.xRequestId, undefined);
    });

    it("has the fields that were wrong, and of the facts those that are numbers", async () => {
      const many = Array.from({ length: 20 }, () => "");
      await refusalOf(generate(promptRequest("a", { stopping: { stopSequences: many, stopTokenIds: [] } }), {}));
      await refusalOf(generate(promptRequest("a".repeat(5_000)), {}));
      const lines = refused() as Record<string, unknown>[];
      assert.deepEqual(
        lines.map(({ reason, fields, facts }) => [reason, fields, facts]),
        [
          ["INVALID_REQUEST", ["stopping.stop_sequences"], undefined],
          ["INPUT_TOO_LONG", ["prompt"], { input_tokens: "5000", context_tokens: "2048" }],
        ],
      );
    });

    it("has what is refused before a service, and what a standard protocol refuses", async () => {
      const large = new Metadata();
      large.set("x-large", "a".repeat(10_000));
      await refusalOf(answerOf((settle) => client.server.getLoad({}, large, settle)));
      const health = refusalOf(answerOf((settle) => client.health.check({ service: "x" }, settle)));
      assert.equal((await health).code, Status.NOT_FOUND);
      const identity = (bytes: Buffer): Buffer => bytes;
      const path = `/rill.v1.None/${"a".repeat(500)}`;
      const unknown = answerOf((settle) =>
        client.server.makeUnaryRequest(path, identity, identity, Buffer.alloc(0), settle as never),
      );
      assert.equal((await refusalOf(unknown)).code, Status.UNIMPLEMENTED);
      const reasons = (refused() as Record<string, unknown>[]).map(({ reason, method }) => [reason, method]);
      assert.deepEqual(reasons, [
        ["METADATA_TOO_LARGE", "GetLoad"],
        ["NOT_FOUND", "Check"],
        ["UNIMPLEMENTED", `/rill.v1.None/${"a".repeat(111)}…`],
      ]);
      const counted = Object.fromEntries(server.rpc.report().refusedCalls);
      assert.deepEqual(counted, { METADATA_TOO_LARGE: 1, NOT_FOUND: 1, UNIMPLEMENTED: 1 });
    });

    it("is silent on what was accepted: the generation's line has its end, with where it came from", async () => {
      const request = tokensRequest([65, SCRIPT.FAIL_PULL], { requestId: "mine" });
      await refusalOf(generate(request, { "x-request-id": "envoy-2" }));
      assert.deepEqual(refused(), []);
      const line = log.lines.find(({ message }) => message === "generation ended")?.fields;
      assert.deepEqual([line?.requestId, line?.xRequestId, line?.outcome], ["mine", "envoy-2", "ENGINE_FAULT"]);
      assert.match(String(line?.peer), /^127\.0\.0\.1:\d+$/);
      const known = await client.known({ $case: "requestId", value: "mine" });
      assert.equal(JSON.stringify(known).includes("envoy-2"), false);
    });
  });
});
