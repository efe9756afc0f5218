import assert from "node:assert/strict";
import type { DescMessage } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import fc from "fast-check";
import {
  HealthListResponse,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from "../../../generated/grpc/health/v1/health.js";
import { GenerateStreamRequest } from "../../../generated/rill/v1/generation_service.js";
import { Load } from "../../../generated/rill/v1/load.js";
import { DescriptorSet } from "../../../src/grpc/contract/descriptor-set.js";
import { checkWire, MAX_FIELDS, MAX_PACKED_NUMBERS, type WireFindings } from "../../../src/grpc/contract/wire-check.js";
import { promptRequest } from "../../support/test-client.js";
import { costlyMessages } from "../../rill/costly-messages.js";

/** Five times what a message may cost: the machine that tests may be busy. Without its bounds the check took up to 750 ms, and the decoder 550. */
const MAX_COST_MS = 250;

describe("The check of a message's bytes", () => {
  let input: DescMessage;
  let messageOf: (typeName: string) => DescMessage;

  before(async () => {
    const { registry } = await DescriptorSet.read();
    messageOf = (typeName) => {
      const message = registry.getMessage(typeName);
      assert.ok(message !== undefined, typeName);
      return message;
    };
    input = messageOf("rill.v1.GenerateStreamRequest");
  });

  const fieldsOf = ({ unreadable, unwanted }: WireFindings): readonly string[] =>
    [...unreadable, ...unwanted].map(({ field }) => field);

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
    assert.deepEqual(checkWire(bytes, input, "refused"), { unreadable: [], unwanted: [] });
  });

  it("lets nothing through that the generated decoder reads otherwise than it was written", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const { unreadable, unwanted } = checkWire(bytes, input, "refused");
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
          const { unreadable } = checkWire(bytes, input, "refused");
          if (unreadable.length === 0) assert.doesNotThrow(() => GenerateStreamRequest.decode(bytes));
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it("stops counting at a bound in a message that is nothing but mistakes", () => {
    const unknown = Buffer.from([0x98, 0x06, 0x01]);
    const { unwanted } = checkWire(Buffer.concat(Array.from({ length: 100_000 }, () => unknown)), input, "refused");
    assert.equal(unwanted.length, 1_000);
  });

  it("does not walk through a message of a million fields, nor lets it be decoded", () => {
    const emptyMessages = Buffer.concat(Array.from({ length: 100_000 }, () => Buffer.from([0x0a, 0x00])));
    const { unreadable } = checkWire(lengthDelimited(2, emptyMessages), input, "refused");
    assert.deepEqual(unreadable, [
      { field: "chat", description: `brings the message to more than ${MAX_FIELDS} fields, nested ones included` },
    ]);
  });

  it("counts the fields inside entries of maps, groups and unknown fields as any others", () => {
    const key = [0x0a, 0];
    const group = [0x93, 0x3e, ...Array.from({ length: MAX_FIELDS }, () => [0x08, 0]).flat(), 0x94, 0x3e];
    const cases: readonly (readonly [Uint8Array, string])[] = [
      [lengthDelimited(12, Buffer.concat(Array.from({ length: MAX_FIELDS }, () => Buffer.from(key)))), "labels"],
      [Buffer.concat(Array.from({ length: MAX_FIELDS }, () => lengthDelimited(12, Buffer.from([0x12, 0])))), ""],
      [Uint8Array.from(group), ""],
    ];
    for (const [bytes, field] of cases) {
      for (const unwanted of ["refused", "ignored"] as const) {
        const { unreadable } = checkWire(bytes, input, unwanted);
        const stopped = unwanted === "refused" && unreadable.length === 0;
        // Where what is unwanted is refused, the walk may end as soon as there is enough of it.
        if (!stopped)
          assert.deepEqual(
            unreadable.map((found) => found.field),
            [field],
          );
      }
    }
  });

  it("says which element of a list breaks off", () => {
    const sound = lengthDelimited(1, lengthDelimited(2, Buffer.from("a")));
    const broken = lengthDelimited(1, Uint8Array.of(0x12, 9));
    const chat = lengthDelimited(2, Buffer.concat([sound, broken, sound]));
    assert.deepEqual(checkWire(chat, input, "refused").unreadable, [
      { field: "chat.messages[1].content", description: "ends early, or is not protobuf" },
    ]);
  });

  it("counts the numbers of all packed lists together", () => {
    const half = lengthDelimited(3, lengthDelimited(1, new Uint8Array(MAX_PACKED_NUMBERS / 2 + 1).fill(65)));
    assert.deepEqual(fieldsOf(checkWire(half, input, "refused")), []);
    assert.deepEqual(fieldsOf(checkWire(Buffer.concat([half, half]), input, "refused")), ["token_ids.ids"]);
  });

  it("takes each map for what its descriptor says", () => {
    const statuses = new Map([
      ["", { status: ServingStatus.SERVING }],
      ["a", { status: ServingStatus.NOT_SERVING }],
    ]);
    const list = messageOf("grpc.health.v1.HealthListResponse");
    assert.deepEqual(fieldsOf(checkWire(HealthListResponse.encode({ statuses }).finish(), list, "refused")), []);
    const load = Load.encode({ ...Load.decode(new Uint8Array()), refusalsTotal: new Map([["QUEUE_FULL", 2 ** 40]]) });
    assert.deepEqual(fieldsOf(checkWire(load.finish(), messageOf("rill.v1.Load"), "refused")), []);
    const wrongValue = lengthDelimited(22, Uint8Array.of(0x0a, 1, 65, 0x12, 1, 65));
    assert.deepEqual(checkWire(wrongValue, messageOf("rill.v1.Load"), "refused").unreadable, [
      { field: "refusals_total.value", description: "has the wrong wire type 2; its type is uint64" },
    ]);
    const inValue = lengthDelimited(1, Uint8Array.of(0x12, 2, 0x18, 1));
    assert.deepEqual(checkWire(inValue, list, "refused").unwanted, [
      {
        field: "statuses.value",
        description: "has a field 3, which is not part of grpc.health.v1.HealthCheckResponse",
      },
    ]);
  });

  it("says of an unknown field which message does not have it", () => {
    const unknown = Uint8Array.of(0xf8, 0x3f, 1);
    const bytes = Buffer.concat([unknown, lengthDelimited(20, unknown), lengthDelimited(12, unknown)]);
    assert.deepEqual(
      checkWire(bytes, input, "refused").unwanted.map(({ field, description }) => `${field} ${description}`),
      [
        "field 1023 is not part of rill.v1.GenerateStreamRequest",
        "sampling has a field 1023, which is not part of rill.v1.Sampling",
        "labels has a field 1023, which is not part of an entry of rill.v1.GenerateStreamRequest.labels",
      ],
    );
    assert.deepEqual(fieldsOf(checkWire(bytes, input, "ignored")), []);
  });

  it("names numbers that their type cannot hold, with the number", () => {
    const topK = (value: bigint): Uint8Array => lengthDelimited(20, varintField(2, value));
    const lane = (value: bigint): Uint8Array => lengthDelimited(23, varintField(1, value));
    const seconds = (value: bigint): Uint8Array => lengthDelimited(21, lengthDelimited(5, varintField(1, value)));
    const cases: readonly (readonly [Uint8Array, string | undefined])[] = [
      [topK(2n ** 32n - 1n), undefined],
      [topK(2n ** 32n), "is 4294967296, which is out of range for uint32"],
      [lane(-1n), undefined],
      [lane(-(2n ** 31n) - 1n), "is -2147483649, which is out of range for rill.v1.Lane"],
      [seconds(-(2n ** 53n) + 1n), undefined],
      [seconds(2n ** 53n), "is 9007199254740992, which is out of range for int64"],
    ];
    for (const [bytes, description] of cases) {
      assert.equal(checkWire(bytes, input, "refused").unreadable[0]?.description, description);
    }
  });

  for (const repeats of [Infinity, MAX_FIELDS - 1_000, MAX_FIELDS / 4]) {
    it(`bounds what a message costs, whatever it repeats ${repeats} times`, () => {
      for (const { name, bytes } of costlyMessages(repeats)) {
        const costsMs = [1, 2, 3].map(() => {
          const start = process.cpuUsage();
          const { unreadable, unwanted } = checkWire(bytes, input, "ignored");
          assert.equal(unwanted.length, 0);
          if (unreadable.length === 0) GenerateStreamRequest.decode(bytes);
          const { user, system } = process.cpuUsage(start);
          return (user + system) / 1_000;
        });
        assert.ok(Math.min(...costsMs) < MAX_COST_MS, `${name}: ${costsMs.join(", ")} ms`);
      }
    }).timeout(60_000);
  }
});

function lengthDelimited(number: number, content: Uint8Array): Uint8Array {
  return new BinaryWriter().tag(number, WireType.LengthDelimited).bytes(content).finish();
}

function varintField(number: number, value: bigint): Uint8Array {
  return new BinaryWriter().tag(number, WireType.Varint).int64(value).finish();
}
