import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import * as grpc from "@grpc/grpc-js";
import { DescriptorSet } from "../../src/grpc/contract/descriptor-set.js";
import { endedGeneration } from "../support/ledger-watch.js";
import { generationWhen, loadWhen } from "../support/load-watch.js";
import { RawHttp2Reader } from "../support/raw-http2-reader.js";
import { SCRIPT } from "../support/scripted-engine.js";
import { rawStatusDetails, type StatusDetails } from "../support/status-details.js";
import { answerOf, refusalOf, TestClient } from "../support/test-client.js";
import { TestServer } from "../support/test-server.js";
import { createParrotService, parrotDescriptors } from "./parrot-service.js";
import { type ContractRequest, PAIRS, type Protocol } from "./protocols.js";

const OUTPUT_TOKENS = 300;
const OUTPUT = "abc".repeat(OUTPUT_TOKENS / 3);
const DESCRIPTORS_URL = new URL("../../../generated/descriptors.binpb", import.meta.url);

let lastKey = 0;

/** 300 tokens that spell abc again and again. */
function longRequest(fields: Partial<ContractRequest> = {}): ContractRequest {
  return { tokens: [SCRIPT.CYCLE, 97, 98, 99], mostTokens: OUTPUT_TOKENS, ...fields };
}

describe("The contract of every protocol", () => {
  let server: TestServer;
  let client: TestClient;
  let calls: grpc.Client;

  before(async () => {
    const descriptors = DescriptorSet.from(Buffer.concat([await readFile(DESCRIPTORS_URL), parrotDescriptors()]));
    server = await TestServer.start({
      engine: { stepMs: 1 },
      descriptors,
      moreServices: (host, source) => [createParrotService(host, source)],
    });
    client = new TestClient(server.address);
    calls = new grpc.Client(server.address, grpc.credentials.createInsecure());
  });

  after(async () => {
    calls.close();
    client[Symbol.dispose]();
    await server[Symbol.asyncDispose]();
  });

  const ask = async (
    { service, encode, decodeAnswer }: Protocol,
    request: ContractRequest,
    options: grpc.CallOptions = {},
  ): Promise<string> => {
    const pass = (bytes: Buffer): Buffer => bytes;
    const answer = await answerOf<Buffer | undefined>((settle) =>
      calls.makeUnaryRequest(`/${service}/Generate`, pass, pass, encode(request), new grpc.Metadata(), options, settle),
    );
    return decodeAnswer(answer ?? Buffer.alloc(0));
  };

  const open = (
    { service, encode }: Protocol,
    request: ContractRequest,
    windowBytes = 1_000_000,
  ): Promise<RawHttp2Reader> =>
    RawHttp2Reader.open({
      address: server.address,
      method: `${service}/GenerateStream`,
      request: encode(request),
      windowBytes,
    });

  const statusOf = async (reader: RawHttp2Reader): Promise<StatusDetails> => rawStatusDetails(await reader.ended);
  const textOf = ({ decodeEvent }: Protocol, { messages }: RawHttp2Reader): string =>
    messages.map((bytes) => decodeEvent(bytes).text ?? "").join("");
  const isFree = (): Promise<unknown> => loadWhen(client, ({ slotsBusy }) => slotsBusy === 0);
  const acceptedTotal = (): number => server.scheduler.load().totals.acceptedGenerations;

  for (const { own, other } of PAIRS) {
    describe(`as ${own.name} keeps it`, () => {
      afterEach(isFree);

      it("gives the same output by a stream and as one answer, its messages numbered from 1", async () => {
        await using reader = await open(own, longRequest());
        assert.equal((await statusOf(reader)).code, grpc.status.OK);
        assert.equal(textOf(own, reader), OUTPUT);
        const events = reader.messages.map((bytes) => own.decodeEvent(bytes));
        assert.deepEqual(
          events.map(({ number }) => number),
          events.map((_, index) => index + 1),
        );
        assert.deepEqual(
          events.filter(({ isEnd }) => isEnd),
          events.slice(-1),
        );
        assert.equal(await ask(own, longRequest()), OUTPUT);
      });

      it("frees everything when its client cancels, and tells the ledger so", async () => {
        const name = `cancelled over ${own.name}`;
        await using reader = await open(own, longRequest({ mostTokens: 1_000, name }));
        await reader.waitForMessages(5);
        reader.cancel();
        const { end } = await endedGeneration(client, name);
        assert.equal(end?.$case === "status" && end.value.reason, "CANCELLED");
      });

      it("ends with its deadline", async () => {
        const deadline = Date.now() + 300;
        const refusal = await refusalOf(ask(own, longRequest({ mostTokens: 1_900 }), { deadline }));
        assert.equal(refusal.code, grpc.status.DEADLINE_EXCEEDED);
      });

      it("decodes no further than its credit for a reader that stops, and loses nothing when it reads on", async () => {
        await using reader = await open(own, longRequest(), 0);
        const { decodedTokens } = await generationWhen(client, ({ decodedTokens: count }) => count > 0).then(() =>
          loadWhen(client, ({ parked }) => parked === 1).then(({ generations }) => generations[0] ?? assert.fail()),
        );
        assert.equal(decodedTokens, server.limits.creditPieces);
        reader.openWindow(1_000_000);
        assert.equal((await statusOf(reader)).code, grpc.status.OK);
        assert.equal(textOf(own, reader), OUTPUT);
      });

      it(`lets ${other.name} take its call over by the key, with everything from the start`, async () => {
        const request = longRequest({ key: `key ${++lastKey}` });
        const before = acceptedTotal();
        await using first = await open(own, request, 0);
        await loadWhen(client, ({ parked }) => parked === 1);
        await using second = await open(other, request);
        assert.equal((await statusOf(second)).code, grpc.status.OK);
        assert.equal(textOf(other, second), OUTPUT);
        first.openWindow(1_000_000);
        const taken = await statusOf(first);
        assert.deepEqual([taken.code, taken.reason], [grpc.status.ABORTED, "TAKEN_OVER"]);
        assert.equal(acceptedTotal(), before + 1);
      });

      it(`gives ${other.name} its result by the key once the call has completed`, async () => {
        const request = longRequest({ key: `key ${++lastKey}` });
        const before = acceptedTotal();
        assert.equal(await ask(own, request), OUTPUT);
        assert.equal(await ask(other, request), OUTPUT);
        await using again = await open(other, request);
        assert.equal((await statusOf(again)).code, grpc.status.OK);
        assert.equal(textOf(other, again), OUTPUT);
        assert.equal(acceptedTotal(), before + 1);
      });

      it(`refuses another request of ${other.name} with its key`, async () => {
        const key = `key ${++lastKey}`;
        await ask(own, longRequest({ key }));
        const refusal = await refusalOf(ask(other, longRequest({ key, mostTokens: 1 })));
        assert.deepEqual([refusal.code, refusal.reason], [grpc.status.ALREADY_EXISTS, "IDEMPOTENCY_KEY_REUSED"]);
      });
    });
  }
});
