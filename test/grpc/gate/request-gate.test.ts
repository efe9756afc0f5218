import assert from "node:assert/strict";
import { once } from "node:events";
import { constants, type OutgoingHttpHeaders } from "node:http2";
import { GenerateRequest } from "../../../generated/rill/v1/generation_service.js";
import { answerOf, grpcFrame, type RawAnswer, RawConnection } from "../../support/raw-call.js";
import { answerDetails } from "../../support/status-details.js";
import { promptRequest } from "../../support/test-client.js";
import { TestServer } from "../../support/test-server.js";

const GENERATE = "rill.v1.GenerationService/Generate";
const CHECK = "grpc.health.v1.Health/Check";
const REFLECTION = "grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
const REQUEST = GenerateRequest.encode(promptRequest("a")).finish();
const MIB = 1024 * 1024;

/** Status code and reason. */
function refusal(answer: RawAnswer): [number, string | undefined] {
  const { code, reason } = answerDetails(answer);
  return [code, reason];
}

describe("The gate before grpc-js", () => {
  let server: TestServer;
  let connection: RawConnection;

  before(async () => {
    server = await TestServer.start({ limits: { slowReaderGraceMs: 200 } });
    connection = await RawConnection.open(server.address);
  });

  after(async () => {
    connection[Symbol.dispose]();
    await server[Symbol.asyncDispose]();
  });

  const generate = (body: Uint8Array, headers?: OutgoingHttpHeaders): Promise<RawAnswer> =>
    connection.call(GENERATE, body, headers);

  for (const encoding of ["gzip", "deflate", "snappy", "br"]) {
    for (const method of [GENERATE, CHECK, REFLECTION]) {
      it(`refuses ${encoding} for ${method} before the body is sent, and says what it takes`, async () => {
        const stream = connection.start(method, { "grpc-encoding": encoding });
        const answer = await answerOf(stream);
        assert.deepEqual(refusal(answer), [12, "UNSUPPORTED_ENCODING"]);
        assert.equal(answer.trailers["grpc-accept-encoding"], "identity");
      });
    }
  }

  it("takes a call that names the encoding identity, and announces that alone", async () => {
    const { headers, trailers } = await generate(grpcFrame(REQUEST), { "grpc-encoding": "identity" });
    assert.equal(trailers["grpc-status"], "0");
    assert.equal(headers?.["grpc-accept-encoding"], "identity");
  });

  it("ends a message INTERNAL whose flag says compressed without an encoding, or is unknown", async () => {
    for (const flag of [1, 2, 255]) {
      assert.deepEqual(refusal(await generate(grpcFrame(REQUEST, { flag }))), [13, "MALFORMED_FRAME"]);
      assert.deepEqual(refusal(await connection.call(CHECK, grpcFrame(new Uint8Array(), { flag }))), [
        13,
        "MALFORMED_FRAME",
      ]);
    }
  });

  const MALFORMED: Readonly<Record<string, Uint8Array>> = {
    "an empty body": new Uint8Array(),
    "a prefix that breaks off": Buffer.from([0, 0, 0]),
    "a message that breaks off": grpcFrame(REQUEST, { length: REQUEST.length + 7 }),
    "a second message": Buffer.concat([grpcFrame(REQUEST), grpcFrame(REQUEST)]),
    "a byte behind the message": Buffer.concat([grpcFrame(REQUEST), Buffer.from([0])]),
  };
  for (const [what, body] of Object.entries(MALFORMED)) {
    it(`refuses ${what} as undecodable, and not as a missing method`, async () => {
      assert.deepEqual(refusal(await generate(body)), [3, "UNDECODABLE_MESSAGE"]);
      assert.deepEqual(refusal(await connection.call("rill.v1.ServerService/GetLoad", body)), [
        3,
        "UNDECODABLE_MESSAGE",
      ]);
    });
  }

  it("says how many bytes a message lacks", async () => {
    const answer = await generate(grpcFrame(REQUEST, { length: REQUEST.length + 7 }));
    assert.match(answerDetails(answer).text, / 7 bytes before the end/);
  });

  it("answers 405 to other methods than POST", async () => {
    for (const method of ["GET", "PUT", "DELETE"]) {
      const answer = await answerOf(connection.start(GENERATE, { ":method": method }).end());
      assert.equal(answer.headers?.[":status"], 405);
      assert.equal(answer.headers.allow, "POST");
    }
  });

  it("tells a person with a browser what the port is for, and sends no body for HEAD", async () => {
    const bodies = { GET: "", HEAD: "" };
    for (const method of ["GET", "HEAD"] as const) {
      const stream = connection.start(GENERATE, { ":method": method });
      const answer = answerOf(stream.end());
      stream.on("data", (bytes: Buffer) => (bodies[method] += bytes.toString()));
      const { headers, resetCode } = await answer;
      assert.deepEqual([headers?.[":status"], headers?.["content-type"], resetCode], [405, "text/plain", 0]);
    }
    assert.match(bodies.GET, /^This port speaks gRPC/);
    assert.equal(bodies.HEAD, "");
  });

  for (const type of [
    "application/grpc-web",
    "application/grpcfoo",
    "application/grpc-web+proto",
    "application/grpc+json",
    "text/plain",
    "",
  ]) {
    it(`answers 415 to the content type "${type}"`, async () => {
      const answer = await generate(grpcFrame(REQUEST), { "content-type": type });
      assert.equal(answer.headers?.[":status"], 415);
    });
  }

  for (const type of ["application/grpc", "application/grpc+proto", "application/grpc;charset=utf-8"]) {
    it(`takes the content type ${type}`, async () => {
      const answer = await generate(grpcFrame(REQUEST), { "content-type": type });
      assert.equal(answer.trailers["grpc-status"], "0");
    });
  }

  for (const timeout of [
    "1000000000n",
    "100000000S",
    "1.2S",
    "0.5S",
    "-2S",
    "+2S",
    "5",
    "S",
    "1 S",
    "2s",
    "1D",
    "",
    "5S, 5S",
  ]) {
    it(`refuses the time-out "${timeout}" and names the header`, async () => {
      const details = answerDetails(await generate(grpcFrame(REQUEST), { "grpc-timeout": timeout }));
      assert.deepEqual([details.code, details.reason, details.fields], [3, "INVALID_REQUEST", ["grpc-timeout"]]);
    });
  }

  for (const timeout of ["4294969S", "99999999H", "277777H", "600H", "99999999S", "35791395M", "99999999m"]) {
    it(`serves a call with the long time-out ${timeout}`, async () => {
      const answer = await generate(grpcFrame(REQUEST), { "grpc-timeout": timeout });
      assert.equal(answer.trailers["grpc-status"], "0");
    });
  }

  it("ends a call at once whose time-out is over when it comes", async () => {
    assert.deepEqual(refusal(await generate(grpcFrame(REQUEST), { "grpc-timeout": "1n" })), [4, "DEADLINE_EXCEEDED"]);
  });

  it("ends a call by its deadline while its message is still to come", async () => {
    const stream = connection.start(GENERATE, { "grpc-timeout": "50m" });
    assert.deepEqual(refusal(await answerOf(stream)), [4, "DEADLINE_EXCEEDED"]);
  });

  it("takes 4 KiB of health and reflection, and no more", async () => {
    const large = grpcFrame(Buffer.alloc(4 * 1024 + 1));
    for (const method of [CHECK, "grpc.health.v1.Health/Watch", REFLECTION]) {
      assert.deepEqual(refusal(await connection.call(method, large)), [8, "MESSAGE_TOO_LARGE"]);
    }
  });

  it("holds the later messages of a stream of requests to the same bounds", async () => {
    const list = grpcFrame(Buffer.from([0x3a, 0x00]));
    const stream = connection.start(REFLECTION);
    stream.write(list);
    await once(stream, "data");
    const answer = answerOf(stream);
    stream.write(grpcFrame(Buffer.alloc(5_000)));
    assert.deepEqual(refusal(await answer), [8, "MESSAGE_TOO_LARGE"]);
    const compressed = await connection.call(
      REFLECTION,
      Buffer.concat([list, grpcFrame(Buffer.from([0x3a, 0x00]), { flag: 1 })]),
    );
    assert.deepEqual(refusal(compressed), [13, "MALFORMED_FRAME"]);
  });

  it("lets a stream of requests end without one", async () => {
    assert.equal((await connection.call(REFLECTION, new Uint8Array())).trailers["grpc-status"], "0");
  });

  it("refuses a body that comes in thousands of tiny frames", async () => {
    const stream = connection.start(GENERATE);
    const answer = answerOf(stream);
    stream.write(grpcFrame(new Uint8Array(), { length: MIB }));
    for (let n = 0; n < 3_000 && !stream.closed; n += 1) {
      stream.write(Buffer.from([0]));
      await new Promise(setImmediate);
    }
    assert.deepEqual(refusal(await answer), [8, "TOO_MANY_REQUEST_BYTES"]);
  });

  it("cuts off a client that goes on sending after its answer", async () => {
    const stream = connection.start(GENERATE, { "grpc-encoding": "gzip" });
    const { resetCode } = await answerOf(stream);
    assert.equal(resetCode, constants.NGHTTP2_ENHANCE_YOUR_CALM);
  });
});
