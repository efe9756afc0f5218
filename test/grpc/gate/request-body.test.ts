import assert from "node:assert/strict";
import fc from "fast-check";
import { RequestBody, StreamedBody } from "../../../src/grpc/gate/request-body.js";
import { grpcFrame } from "../../support/raw-call.js";

/** Cuts the bytes at these places, which wrap around. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...new Set([...places.map((place) => place % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end)).filter((chunk) => chunk.length > 0);
}

describe("A request's body", () => {
  it("is the same however it is cut, and whole at its last byte", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.array(fc.nat(400), { maxLength: 20 }), (message, places) => {
        const framed = grpcFrame(message);
        const body = new RequestBody(1_000);
        for (const chunk of cut(framed, places)) {
          assert.equal(body.isWhole, false);
          assert.equal(body.take(Buffer.from(chunk)), undefined);
        }
        assert.deepEqual([body.isWhole, body.isExceeded, body.missingBytes], [true, false, 0]);
        assert.deepEqual(body.bytes, framed);
      }),
    );
  });

  it("takes no more than twice its bytes, however small its parts are", () => {
    const body = new RequestBody(10_000_000);
    const framed = grpcFrame(Buffer.alloc(200_000));
    for (let at = 0; at < framed.length; at += 100) body.take(framed.subarray(at, at + 100));
    assert.ok(body.isWhole);
    assert.ok(body.heldBytes <= 2 * framed.length);
  });

  it("is refused by its prefix alone when it will be too large", () => {
    const problem = new RequestBody(1_000).take(grpcFrame(new Uint8Array(), { length: 1_001 }));
    assert.deepEqual([problem?.code, problem?.facts.max_message_bytes], ["MESSAGE_TOO_LARGE", "1000"]);
  });
});

describe("A stream of requests", () => {
  it("passes however it is cut, up to the first message that breaks a bound", () => {
    const messages = fc.array(fc.record({ size: fc.nat(120), flag: fc.constantFrom(0, 0, 0, 1, 7) }), { maxLength: 8 });
    fc.assert(
      fc.property(messages, fc.array(fc.nat(800), { maxLength: 20 }), (sent, places) => {
        const bytes = Buffer.concat(sent.map(({ size, flag }) => grpcFrame(Buffer.alloc(size), { flag })));
        const body = new StreamedBody(100);
        const problems = cut(bytes, places).map((chunk) => body.pass(chunk));
        const isBad = sent.some(({ size, flag }) => size > 100 || flag !== 0);
        assert.equal(
          problems.some((problem) => problem !== undefined),
          isBad,
        );
      }),
    );
  });
});
