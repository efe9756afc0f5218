import assert from "node:assert/strict";
import type { DescMessage } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import fc from "fast-check";
import { GenerateStreamRequest } from "../../generated/rill/v1/generation_service.js";
import { DescriptorSet } from "../../src/rpc/contract/descriptor-set.js";
import { checkWire } from "../../src/rpc/request/wire-check.js";
import { promptRequest } from "../support/test-client.js";

describe("The check of a message's bytes", () => {
  let input: DescMessage;

  before(async () => {
    const { registry } = await DescriptorSet.read();
    const message = registry.getMessage("rill.v1.GenerateStreamRequest");
    assert.ok(message !== undefined);
    input = message;
  });

  const full = promptRequest("grüße", {
    labels: new Map([["a", "b"]]),
    sampling: {
      temperature: 0.5,
      topK: 3,
      topP: 0.9,
      minP: 0,
      dry: { base: 2, sequenceBreakers: ["x"] },
      logitBias: [{ target: { $case: "text", value: "ü" }, bias: -1 }, { target: { $case: "tokenId", value: 300 } }],
      seed: 4_294_967_295,
    },
    stopping: {
      stopSequences: ["x", ""],
      stopTokenIds: [0, 300],
      timeLimit: { seconds: 5, nanos: 1 },
      maxOutputTokens: 0,
    },
    delivery: { maxChunkDelay: { seconds: -1, nanos: 0 } },
    scheduling: { lane: 2 },
  });

  it("finds nothing wrong with what a generated client wrote", () => {
    const bytes = GenerateStreamRequest.encode(full).finish();
    assert.deepEqual(checkWire(bytes, input), { unreadable: [], unwanted: [] });
  });

  it("lets nothing through that the generated decoder reads otherwise than it was written", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const { unreadable, unwanted } = checkWire(bytes, input);
        if (unreadable.length > 0 || unwanted.length > 0) return;
        // What passes is read without a throw, and nothing of it stays behind as unknown.
        const decoded = GenerateStreamRequest.decode(bytes);
        assert.deepEqual(decoded._unknownFields, {});
        GenerateStreamRequest.encode(decoded).finish();
      }),
      { numRuns: 5_000 },
    );
  });

  it("names the field where a valid message is cut or changed in one byte, or finds it still whole", () => {
    const valid = GenerateStreamRequest.encode(full).finish();
    fc.assert(
      fc.property(fc.nat({ max: valid.length - 1 }), fc.integer({ min: 0, max: 255 }), (at, value) => {
        const changed = Uint8Array.from(valid);
        changed[at] = value;
        for (const bytes of [changed, valid.subarray(0, at)]) {
          const { unreadable } = checkWire(bytes, input);
          if (unreadable.length === 0) assert.doesNotThrow(() => GenerateStreamRequest.decode(bytes));
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it("stops counting at a bound in a message that is nothing but mistakes", () => {
    const unknown = Buffer.from([0x98, 0x06, 0x01]);
    const { unwanted } = checkWire(Buffer.concat(Array.from({ length: 100_000 }, () => unknown)), input);
    assert.equal(unwanted.length, 1_000);
  });

  it("does not walk through a message of a million fields, nor lets it be decoded", () => {
    const emptyMessages = Buffer.concat(Array.from({ length: 100_000 }, () => Buffer.from([0x0a, 0x00])));
    const chat = new BinaryWriter().tag(2, WireType.LengthDelimited).bytes(emptyMessages).finish();
    assert.deepEqual(
      checkWire(chat, input).unreadable.map(({ field }) => field),
      ["chat"],
    );
    const ids = new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(new Uint8Array(1_100_000).fill(65)).finish();
    const tokens = new BinaryWriter().tag(3, WireType.LengthDelimited).bytes(ids).finish();
    assert.deepEqual(
      checkWire(tokens, input).unreadable.map(({ field }) => field),
      ["token_ids.ids"],
    );
  });
});
