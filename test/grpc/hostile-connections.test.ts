import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectHttp2, constants, type Settings } from "node:http2";
import { connect, type Socket } from "node:net";
import { GenerateStreamRequest } from "../../generated/rill/v1/generation_service.js";
import { grpcRequestFrames, http2Opening } from "../support/http2-frames.js";
import { textOf } from "../support/generation-text.js";
import { loadWhen } from "../support/load-watch.js";
import { RawHttp2Reader } from "../support/raw-http2-reader.js";
import { rawStatusDetails } from "../support/status-details.js";
import { SCRIPT } from "../support/scripted-engine.js";
import { promptRequest, refusalOf, resultOf, tokensRequest } from "../support/test-client.js";
import { serveSuite } from "../support/suite-server.js";
import { DATA_ON_STREAM_ZERO, PROTOCOL_ERRORS } from "./protocol-errors.js";

const STREAM = "rill.v1.GenerationService/GenerateStream";
const NEIGHBOUR_TOKENS = 1_500;
/** The server looks four times a second; the rest is for a machine with much else to do. Keepalive alone would take 80 s. */
const CLOSED_WITHIN_MS = 5_000;

describe("A hostile connection", () => {
  const suite = serveSuite({ engine: { stepMs: 2 }, limits: { unaryBodyMs: 1_500, slowReaderGraceMs: 100 } });

  const startNeighbour = () => {
    const stopping = { maxOutputTokens: NEIGHBOUR_TOKENS, stopSequences: [], stopTokenIds: [] };
    return resultOf(suite.client.generation.generateStream(tokensRequest([SCRIPT.CYCLE, 97, 98], { stopping })));
  };

  const openSocket = (): Socket => {
    const [host = "", port = ""] = suite.server.address.split(":");
    const socket = connect(Number(port), host);
    socket.on("error", () => {});
    return socket.resume();
  };

  /** Resolves when the server has closed the connection. */
  const closedAfter = async (socket: Socket, bytes: Uint8Array): Promise<void> => {
    const closed = new Promise((resolve) => socket.on("close", resolve));
    socket.write(bytes);
    await closed;
  };

  it("is closed for breaking the protocol, at once and alone: others lose nothing", async () => {
    const running = startNeighbour();
    await loadWhen(suite.client, ({ slotsBusy }) => slotsBusy === 1);
    const started = performance.now();
    const closures = Object.entries(PROTOCOL_ERRORS).map(async ([what, bytes]) => {
      await closedAfter(openSocket(), bytes);
      return { what, afterMs: performance.now() - started };
    });
    const late = (await Promise.all(closures)).filter(({ afterMs }) => afterMs > CLOSED_WITHIN_MS);
    assert.deepEqual(late, []);
    const { messages, status } = await running;
    assert.equal(status.code, 0);
    assert.equal(textOf(messages), "ab".repeat(NEIGHBOUR_TOKENS / 2));
  });

  it("loses the calls that it carries, and their slots are free", async () => {
    const socket = openSocket();
    const request = GenerateStreamRequest.encode(tokensRequest([SCRIPT.CYCLE, 97, 98])).finish();
    socket.write(Buffer.concat([http2Opening(100), grpcRequestFrames(STREAM, request)]));
    await loadWhen(suite.client, ({ parked }) => parked === 1);
    await closedAfter(socket, DATA_ON_STREAM_ZERO);
    await loadWhen(suite.client, ({ slotsBusy }) => slotsBusy === 0);
  });

  it("cannot bring the server down by opening and cancelling a thousand streams", async () => {
    const session = connectHttp2(`http://${suite.server.address}`);
    session.on("error", () => {});
    for (let index = 0; index < 1_200 && !session.destroyed; index++) {
      const stream = session.request({ ":method": "POST", ":path": `/${STREAM}`, "content-type": "application/grpc" });
      stream.on("error", () => {});
      stream.close(constants.NGHTTP2_CANCEL);
      if (index % 100 === 99) await new Promise(setImmediate);
    }
    session.destroy();
    assert.equal((await suite.client.generate(promptRequest("still here"))).text, "still here");
  });

  it("is told how many streams it may have at once", async () => {
    const session = connectHttp2(`http://${suite.server.address}`);
    session.on("error", () => {});
    const [settings] = (await once(session, "remoteSettings")) as [Settings];
    assert.equal(settings.maxConcurrentStreams, suite.server.limits.streamsPerConnection);
    session.destroy();
  });

  it("gets an answer, not a crash, for any path and content type", async () => {
    const session = connectHttp2(`http://${suite.server.address}`);
    session.on("error", () => {});
    const ask = async (headers: Record<string, string>): Promise<Record<string, unknown>> => {
      const stream = session.request({ ":method": "POST", "content-type": "application/grpc", ...headers });
      stream.on("error", () => {});
      const [answer] = (await once(stream, "response")) as [Record<string, unknown>];
      stream.close();
      return answer;
    };
    assert.equal((await ask({ ":path": "/rill.v1.GenerationService/Nothing" }))["grpc-status"], "12");
    assert.equal((await ask({ ":path": "/\u00fc\u00ff%00" }))["grpc-status"], "12");
    assert.equal((await ask({ ":path": `/${STREAM}`, "content-type": "text/plain" }))[":status"], 415);
    session.destroy();
    assert.equal((await suite.client.generate(promptRequest("still here"))).text, "still here");
  });

  it("gets RESOURCE_EXHAUSTED for 60 KB of metadata, and for a message of 5 MiB", async () => {
    await using reader = await RawHttp2Reader.open({
      address: suite.server.address,
      method: STREAM,
      request: GenerateStreamRequest.encode(promptRequest("a")).finish(),
      metadata: { "x-large": "a".repeat(60 * 1024) },
    });
    const refused = rawStatusDetails(await reader.ended);
    assert.deepEqual([refused.code, refused.reason, reader.trailersOnly], [8, "METADATA_TOO_LARGE", true]);
    const { code, reason } = await refusalOf(suite.client.generate(promptRequest("a".repeat(5 * 1024 * 1024))));
    assert.deepEqual([code, reason], [8, "MESSAGE_TOO_LARGE"]);
  });

  it("takes a message just under 4 MiB, and refuses it for the context alone", async () => {
    const { code, reason } = await refusalOf(suite.client.generate(promptRequest("a".repeat(4 * 1024 * 1024 - 100))));
    assert.deepEqual([code, reason], [3, "INPUT_TOO_LONG"]);
  });

  it("cannot hold a call open by never sending its message", async () => {
    const session = connectHttp2(`http://${suite.server.address}`);
    session.on("error", () => {});
    const headers = {
      ":method": "POST",
      ":path": "/rill.v1.ServerService/GetLoad",
      "content-type": "application/grpc",
    };
    const stream = session.request(headers);
    stream.on("error", () => {});
    const [answer] = (await once(stream, "response")) as [Record<string, unknown>];
    assert.equal(answer["grpc-status"], "4");
    session.destroy();
  });

  it("cannot go on uploading after its status: the stream is reset", async () => {
    const session = connectHttp2(`http://${suite.server.address}`);
    session.on("error", () => {});
    const headers = { ":method": "POST", ":path": `/${STREAM}`, "content-type": "application/grpc" };
    const stream = session.request(headers);
    stream.on("error", () => {});
    stream.write(Buffer.from([0, 0x7f, 0xff, 0xff, 0xff]));
    const [answer] = (await once(stream, "response")) as [Record<string, unknown>];
    assert.equal(answer["grpc-status"], "8");
    await new Promise<void>((resolve) => stream.once("close", () => resolve()));
    assert.equal(stream.rstCode, constants.NGHTTP2_ENHANCE_YOUR_CALM);
    session.destroy();
  });

  it("is refused a timeout that is none", async () => {
    await using reader = await RawHttp2Reader.open({
      address: suite.server.address,
      method: STREAM,
      request: GenerateStreamRequest.encode(promptRequest("a")).finish(),
      metadata: { "grpc-timeout": "soon" },
    });
    const { code, reason, fields } = rawStatusDetails(await reader.ended);
    assert.deepEqual([code, reason, fields], [3, "INVALID_REQUEST", ["grpc-timeout"]]);
  });
});
