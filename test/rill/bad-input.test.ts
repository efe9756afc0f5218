import assert from "node:assert/strict";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { GenerateStreamRequest } from "../../generated/rill/v1/generation_service.js";
import { WatchLoadRequest } from "../../generated/rill/v1/server_service.js";
import { textOf } from "../support/generation-text.js";
import { RawHttp2Reader } from "../support/raw-http2-reader.js";
import { rawStatusDetails, type StatusDetails } from "../support/status-details.js";
import { SCRIPT } from "../support/scripted-engine.js";
import { generationRequest, promptRequest, resultOf, tokensRequest } from "../support/test-client.js";
import { serveSuite } from "../support/suite-server.js";
import { BAD_BYTES, BAD_REQUESTS } from "./bad-requests.js";
import { chatOf, said } from "../support/said.js";

const NO_STOPS = { stopSequences: [], stopTokenIds: [] };
const NEIGHBOUR_TOKENS = 1_200;

describe("Bad input", () => {
  const suite = serveSuite({ slots: 2, engine: { stepMs: 1 } });

  const raw = async (method: string, request: Uint8Array): Promise<StatusDetails> => {
    await using reader = await RawHttp2Reader.open({ address: suite.server.address, method, request });
    return rawStatusDetails(await reader.ended);
  };

  it("of every kind is refused with its fields named, while a running neighbour loses nothing", async () => {
    const alphabet = Array.from({ length: 26 }, (_, index) => 97 + index);
    const stopping = { ...NO_STOPS, maxOutputTokens: NEIGHBOUR_TOKENS };
    const neighbour = resultOf(
      suite.client.generation.generateStream(tokensRequest([SCRIPT.CYCLE, ...alphabet], { stopping })),
    );
    for (const { name, request, fields } of BAD_REQUESTS) {
      const { status } = await suite.client.stream(request);
      assert.deepEqual([status.code, status.fields], [3, fields], name);
      assert.ok(["INVALID_REQUEST", "INPUT_TOO_LONG", "UNDECODABLE_MESSAGE"].includes(status.reason ?? ""), name);
      assert.equal(status.facts.violations_total, String(fields.length), name);
    }
    for (const { name, bytes, reason, fields } of BAD_BYTES) {
      const status = await raw("rill.v1.GenerationService/GenerateStream", bytes);
      assert.deepEqual([status.code, status.reason, status.fields], [3, reason, fields], name);
    }
    const { messages, status } = await neighbour;
    assert.equal(status.code, 0);
    assert.equal(textOf(messages), "abcdefghijklmnopqrstuvwxyz".repeat(47).slice(0, NEIGHBOUR_TOKENS));
  });

  it("is refused by Generate in the same words", async () => {
    for (const { name, request, fields } of BAD_REQUESTS.filter(
      ({ request: { delivery } }) => delivery === undefined,
    )) {
      const status = await raw("rill.v1.GenerationService/Generate", GenerateStreamRequest.encode(request).finish());
      assert.deepEqual([status.code, status.fields], [3, fields], name);
    }
  });

  it("of the delivery group is any delivery at all, for Generate", async () => {
    const request = GenerateStreamRequest.encode(promptRequest("a", { delivery: {} })).finish();
    const { code, fields } = await raw("rill.v1.GenerationService/Generate", request);
    assert.deepEqual([code, fields], [3, ["delivery"]]);
  });

  it("is all named up to the bounds of a status, with the total", async () => {
    const messages = Array.from({ length: 1_000 }, () => said(undefined, "a"));
    const { status } = await suite.client.stream(
      generationRequest({ input: { $case: "chat", value: chatOf(messages) } }),
    );
    assert.equal(status.fields.length, 20);
    assert.equal(status.facts.violations_total, "1000");
    assert.ok(status.detailBytes <= 4 * 1024);
  });

  it("of the other methods is refused with its field named", async () => {
    const empty = new Uint8Array();
    const zero = new BinaryWriter()
      .tag(1, WireType.LengthDelimited)
      .string("a")
      .tag(10, WireType.Varint)
      .uint32(0)
      .finish();
    const badMode = new BinaryWriter()
      .tag(1, WireType.LengthDelimited)
      .string("a")
      .tag(3, WireType.Varint)
      .int32(9)
      .finish();
    const unknown = new BinaryWriter().tag(50, WireType.Varint).uint32(1).finish();
    const halfASecond = WatchLoadRequest.encode({ interval: { seconds: 0, nanos: 500_000_000 } }).finish();
    const cases: readonly [string, Uint8Array, string][] = [
      ["rill.v1.GenerationService/CancelGeneration", empty, "target"],
      ["rill.v1.GenerationService/CancelGeneration", Uint8Array.of(0x0a, 0), "generation_id"],
      ["rill.v1.GenerationService/CancelGeneration", badMode, "mode"],
      ["rill.v1.TokenService/Tokenize", empty, "text"],
      ["rill.v1.TokenService/Detokenize", Uint8Array.of(0x08, 0x80, 0x80, 0x04), "token_ids[0]"],
      ["rill.v1.TokenService/CountTokens", zero, "max_output_tokens"],
      ["rill.v1.TokenService/CountTokens", empty, "input"],
      ["rill.v1.ModelService/GetModel", unknown, "field 50"],
      ["rill.v1.ServerService/GetServerInfo", unknown, "field 50"],
      ["rill.v1.ServerService/GetLoad", unknown, "field 50"],
      ["rill.v1.ServerService/WatchLoad", halfASecond, "interval"],
    ];
    for (const [method, bytes, field] of cases) {
      const { code, fields } = await raw(method, bytes);
      assert.deepEqual([code, fields], [3, [field]], method);
    }
  });
});
