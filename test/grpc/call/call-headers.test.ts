import assert from "node:assert/strict";
import { once } from "node:events";
import { type ClientHttp2Session, connect, type IncomingHttpHeaders, type OutgoingHttpHeaders } from "node:http2";
import { HealthCheckRequest } from "../../../generated/grpc/health/v1/health.js";
import { ServerReflectionRequest } from "../../../generated/grpc/reflection/v1/reflection.js";
import { GenerateStreamRequest } from "../../../generated/rill/v1/generation_service.js";
import { GetServerInfoRequest, GetServerInfoResponse } from "../../../generated/rill/v1/server_service.js";
import { SCRIPT } from "../../support/scripted-engine.js";
import { promptRequest, tokensRequest } from "../../support/test-client.js";
import { TestServer } from "../../support/test-server.js";

const INSTANCE = "replica-7";
const STREAM = "/rill.v1.GenerationService/GenerateStream";
const INFO = "/rill.v1.ServerService/GetServerInfo";
const REFLECTION = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";

interface Call {
  readonly path: string;
  readonly message?: Uint8Array;
  readonly headers?: OutgoingHttpHeaders;
}

/** How an answer begins, and, where it is the whole of the answer, ends. */
interface Answer {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

function framed(message: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

describe("Every answer", () => {
  let server: TestServer;
  let session: ClientHttp2Session;

  before(async () => {
    server = await TestServer.start({ instanceId: INSTANCE });
    session = connect(`http://${server.address}`);
    await once(session, "connect");
  });

  after(async () => {
    session.destroy();
    await server[Symbol.asyncDispose]();
  });

  async function call({ path, message = new Uint8Array(), headers = {} }: Call): Promise<Answer> {
    const stream = session.request({
      ":method": "POST",
      ":path": path,
      "content-type": "application/grpc",
      te: "trailers",
      ...headers,
    });
    stream.on("error", () => {});
    if (stream.writable) stream.end(framed(message));
    const [answer] = (await once(stream, "response")) as [IncomingHttpHeaders];
    const parts: Buffer[] = [];
    for await (const part of stream) {
      parts.push(part as Buffer);
      // A watch has no end of its own.
      if (path.endsWith("/Watch")) break;
    }
    return { headers: answer, body: Buffer.concat(parts) };
  }

  const calls: Readonly<Record<string, Call>> = {
    "a unary answer": { path: INFO },
    "a stream": { path: STREAM, message: GenerateStreamRequest.encode(promptRequest("a")).finish() },
    "a stream that fails": {
      path: STREAM,
      message: GenerateStreamRequest.encode(tokensRequest([65, SCRIPT.FAIL_PULL])).finish(),
    },
    "a refusal of the service's": { path: STREAM, message: GenerateStreamRequest.encode(promptRequest("")).finish() },
    "a refusal before the service": { path: INFO, headers: { "x-large": "a".repeat(10_000) } },
    "a deadline that passed": {
      path: STREAM,
      message: GenerateStreamRequest.encode(tokensRequest([SCRIPT.CYCLE, 65])).finish(),
      headers: { "grpc-timeout": "1m" },
    },
    "a health check": { path: "/grpc.health.v1.Health/Check" },
    "a health check of an unknown service": {
      path: "/grpc.health.v1.Health/Check",
      message: HealthCheckRequest.encode({ service: "x" }).finish(),
    },
    "a health watch": { path: "/grpc.health.v1.Health/Watch" },
    reflection: {
      path: REFLECTION,
      message: ServerReflectionRequest.encode({
        host: "",
        messageRequest: { $case: "listServices", value: "" },
      }).finish(),
    },
    "an unknown method": { path: "/rill.v1.None/None" },
    "a wrong content type": { path: INFO, headers: { "content-type": "text/plain" } },
  };

  for (const [name, made] of Object.entries(calls)) {
    it(`names the instance and echoes x-request-id: ${name}`, async () => {
      const { headers } = await call({
        ...made,
        headers: { ...made.headers, "x-request-id": `id of/${name.length}`.replace(" ", "_") },
      });
      assert.equal(headers["x-rill-instance"], INSTANCE);
      assert.equal(headers["x-request-id"], `id_of/${name.length}`);
    });
  }

  const malformed: Readonly<Record<string, OutgoingHttpHeaders>> = {
    "with a blank": { "x-request-id": "a b" },
    "that is empty": { "x-request-id": "" },
    "longer than an id may be": { "x-request-id": "a".repeat(129) },
    "beyond ASCII": { "x-request-id": "caf\u00e9" },
    "given twice": { "x-request-id": ["a", "b"] },
  };

  for (const [name, headers] of Object.entries(malformed)) {
    it(`does not echo an x-request-id ${name}`, async () => {
      const answer = await call({ path: INFO, headers });
      assert.deepEqual([answer.headers["grpc-status"], answer.headers["x-rill-instance"]], [undefined, INSTANCE]);
      assert.equal(answer.headers["x-request-id"], undefined);
    });
  }

  it("of GetServerInfo tells the instance as well", async () => {
    const { body, headers } = await call({ path: INFO, message: GetServerInfoRequest.encode({}).finish() });
    assert.equal(GetServerInfoResponse.decode(body.subarray(5)).serverInfo?.instanceId, INSTANCE);
    assert.equal(headers["x-request-id"], undefined);
  });
});
