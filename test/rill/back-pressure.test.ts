import assert from "node:assert/strict";
import { GenerationState } from "../../generated/rill/v1/generation_state.js";
import { GenerateStreamRequest, GenerateStreamResponse } from "../../generated/rill/v1/generation_service.js";
import type { GenerationLoad } from "../../generated/rill/v1/load.js";
import { textOf } from "../support/generation-text.js";
import { generationWhen, loadWhen } from "../support/load-watch.js";
import { RawHttp2Reader } from "../support/raw-http2-reader.js";
import { SCRIPT } from "../support/scripted-engine.js";
import { promptRequest, TestClient, tokensRequest } from "../support/test-client.js";
import { TestServer } from "../support/test-server.js";

const WINDOW_BYTES = 1_024;
const OUTPUT_TOKENS = 1_500;
const FRAME_HEADER_BYTES = 5;
/** What `prefill` grows by when the next run of the same prompt finds it in the sequence. */
const REUSED_TOKENS_FIELD_BYTES = 2;
const NEIGHBOUR_PROMPT = "to be or not to be ".repeat(20);

/** 1,500 tokens that spell the alphabet again and again. */
function alphabetRequest(): GenerateStreamRequest {
  const alphabet = Array.from({ length: 26 }, (_, index) => 97 + index);
  const stopping = { maxOutputTokens: OUTPUT_TOKENS, stopSequences: [], stopTokenIds: [] };
  return tokensRequest([SCRIPT.CYCLE, ...alphabet], {
    stopping,
    requestId: "slow",
    sampling: { logitBias: [], seed: 1 },
  });
}

describe("Back-pressure", () => {
  let server: TestServer;
  let client: TestClient;
  let reader: RawHttp2Reader;

  beforeEach(async () => {
    server = await TestServer.start();
    client = new TestClient(server.address);
    reader = await openReader(WINDOW_BYTES);
  });

  afterEach(async () => {
    await reader[Symbol.asyncDispose]();
    client[Symbol.dispose]();
    await server[Symbol.asyncDispose]();
  });

  const openReader = (windowBytes: number): Promise<RawHttp2Reader> =>
    RawHttp2Reader.open({
      address: server.address,
      method: "rill.v1.GenerationService/GenerateStream",
      request: GenerateStreamRequest.encode(alphabetRequest()).finish(),
      windowBytes,
    });

  /** The window that `accepted` and `prefill` take up, as the same call without a shut window shows. */
  const bytesBeforeText = async (): Promise<number> => {
    await using open = await openReader(1_000_000);
    await open.ended;
    const events = open.messages.map((bytes) => ({ bytes, $case: GenerateStreamResponse.decode(bytes).event?.$case }));
    const before = events.slice(
      0,
      events.findIndex(({ $case }) => $case === "chunk"),
    );
    const framed = before.reduce((sum, { bytes }) => sum + FRAME_HEADER_BYTES + bytes.length, 0);
    return framed + REUSED_TOKENS_FIELD_BYTES;
  };

  const slowOne = async (): Promise<GenerationLoad> => {
    const found = (await client.load()).generations.find(({ requestId }) => requestId === "slow");
    assert.ok(found !== undefined, "the generation ran to its end although nobody read it");
    return found;
  };

  /** What the pausing reader's generation looks like once it made no token while the engine made hundreds of steps for another. */
  const whenItStandsStill = async (): Promise<GenerationLoad> => {
    for (;;) {
      const before = await slowOne();
      const neighbour = await client.generate(promptRequest(NEIGHBOUR_PROMPT));
      assert.equal(neighbour.text, NEIGHBOUR_PROMPT);
      if ((await slowOne()).decodedTokens === before.decodedTokens) return before;
    }
  };

  it("stops the decoding of a reader that stands still, and of no other", async () => {
    await reader.waitForMessages(3);
    reader.pause();
    const still = await whenItStandsStill();
    assert.equal(still.state, GenerationState.PARKED);
    const neighbours = Array.from({ length: 3 }, () => client.generate(promptRequest(NEIGHBOUR_PROMPT)));
    for (const { text } of await Promise.all(neighbours)) assert.equal(text, NEIGHBOUR_PROMPT);
    const later = await slowOne();
    assert.deepEqual(
      [later.state, later.decodedTokens, later.deliveredTokens],
      [GenerationState.PARKED, still.decodedTokens, still.deliveredTokens],
    );
  });

  it("gives credit back only for messages that the reader's window has taken", async () => {
    const noneRuns = () => loadWhen(client, ({ generations }) => generations.length === 0);
    await reader[Symbol.asyncDispose]();
    await noneRuns();
    const windowBytes = await bytesBeforeText();
    await noneRuns();
    reader = await openReader(windowBytes);
    reader.pause();
    await generationWhen(client, ({ requestId }) => requestId === "slow");
    const { decodedTokens, deliveredTokens } = await whenItStandsStill();
    // No chunk fits the window, so none was taken: decoding got as far as the first credit, and no further.
    assert.deepEqual([decodedTokens, deliveredTokens], [server.limits.creditPieces, 0]);
  });

  it("lets a reader that reads on have every token once, in merged messages", async () => {
    await reader.waitForMessages(3);
    reader.pause();
    await whenItStandsStill();
    reader.resume();
    const end = await reader.ended;
    assert.equal(end.grpcStatus, 0);
    const messages = reader.messages.map((bytes) => GenerateStreamResponse.decode(bytes));
    assert.equal(textOf(messages), "abcdefghijklmnopqrstuvwxyz".repeat(58).slice(0, OUTPUT_TOKENS));
    assert.deepEqual(
      messages.map(({ sequence }) => sequence),
      messages.map((_, index) => index + 1),
    );
    const merged = messages.filter(({ event }) => event?.$case === "chunk" && event.value.tokenCount > 1);
    assert.ok(merged.length > 0);
  });
});
