import assert from "node:assert/strict";
import fc from "fast-check";
import { GenerateStreamRequest } from "../../../generated/rill/v1/generation_service.js";
import {
  formatGrpcTimeout,
  MAX_TIMEOUT_MS,
  parseGrpcTimeout,
  EXPECTED_TIMEOUT_KEY,
  parseTrustedProxy,
  ProxyDeadlines,
  TrustedProxies,
} from "../../../src/grpc/gate/call-deadlines.js";
import { RecordingLogger } from "../../prepare/recording-logger.js";
import { ManualClock } from "../../support/manual-clock.js";
import { RawHttp2Reader } from "../../support/raw-http2-reader.js";
import { SCRIPT } from "../../support/scripted-engine.js";
import { promptRequest, tokensRequest } from "../../support/test-client.js";
import { TestServer } from "../../support/test-server.js";

const STREAM = "rill.v1.GenerationService/GenerateStream";
/** 15 s at the test server's pace. */
const LONG = GenerateStreamRequest.encode(
  tokensRequest([SCRIPT.CYCLE, 97], { stopping: { maxOutputTokens: 1_500, stopSequences: [], stopTokenIds: [] } }),
).finish();

describe("Trusted proxies", () => {
  it("are addresses, prefixes and Unix sockets, in either family", () => {
    const trusted = new TrustedProxies(["10.0.0.0/8", "192.0.2.7", "fd00::/8", "unix"]);
    for (const address of ["10.255.0.1", "::ffff:10.1.2.3", "192.0.2.7", "fd12::1", undefined]) {
      assert.equal(trusted.includes(address), true, address);
    }
    for (const address of ["11.0.0.1", "192.0.2.8", "::ffff:11.0.0.1", "fe80::1%eth0", "::1", "", "rill"]) {
      assert.equal(trusted.includes(address), false, address);
    }
    assert.equal(new TrustedProxies([]).includes(undefined), false);
    assert.equal(new TrustedProxies(["::/0"]).includes("fe80::1%eth0"), true);
  });

  it("are named by nothing else", () => {
    for (const text of ["10.0.0.0/8", "0.0.0.0/0", "::1", "fd00::/128", "unix"]) {
      assert.equal(parseTrustedProxy(text), text);
    }
    for (const text of ["", "10.0.0.0/33", "::/129", "10.0.0", "envoy", "10.0.0.1/", "fe80::1%eth0", "10.0.0.1:80"]) {
      assert.equal(parseTrustedProxy(text), undefined, text);
    }
  });
});

describe("What a proxy says of how long it waits", () => {
  const start = (trusted: readonly string[]) => {
    const [clock, log] = [new ManualClock(), new RecordingLogger()];
    const deadlines = new ProxyDeadlines({ trusted: new TrustedProxies(trusted), clock, log });
    const ask = (value: string | undefined): number | undefined =>
      deadlines.timeoutMs(value === undefined ? {} : { [EXPECTED_TIMEOUT_KEY]: value }, () => "10.0.0.1");
    return { clock, log, ask };
  };

  it("is a time-out where it is one, clamped to what a timer holds", () => {
    const { log, ask } = start(["10.0.0.1"]);
    assert.equal(ask("15000"), 15_000);
    assert.equal(ask("999999999999999"), 2 ** 31 - 1);
    for (const value of [undefined, "0", "-1", "1.5", "15s", "", "1e3", "9".repeat(16), "1, 2"]) {
      assert.equal(ask(value), undefined, value);
    }
    assert.deepEqual(log.lines, []);
  });

  it("is a warning once an hour where the peer is not trusted, and holds nothing that the peer wrote but a number", () => {
    const { clock, log, ask } = start(["10.0.0.2"]);
    for (const value of ["x\ny", "15000", "20000"]) assert.equal(ask(value), undefined);
    assert.equal(log.lines.length, 1);
    assert.match(
      log.lines[0] ?? "",
      /^a proxy is going to cut calls: .*--trusted-proxy { peer: '10\.0\.0\.1', timeoutMs: 15000 }$/,
    );
    clock.advance(60 * 60_000);
    ask("15000");
    assert.equal(log.lines.length, 2);
  });
});

describe("The deadline of a call that comes through a proxy", () => {
  const call = async (
    trustedProxies: readonly string[],
    metadata: Readonly<Record<string, string>>,
    request: Uint8Array,
  ): Promise<{ status: number | undefined; lines: readonly string[] }> => {
    const log = new RecordingLogger();
    await using server = await TestServer.start({ trustedProxies, log, engine: { stepMs: 10 } });
    await using reader = await RawHttp2Reader.open({ address: server.address, method: STREAM, request, metadata });
    const { grpcStatus } = await reader.ended;
    return { status: grpcStatus, lines: log.lines.filter((line) => line.startsWith("a proxy")) };
  };

  it("is the proxy's where that is trusted", async () => {
    const { status, lines } = await call(["127.0.0.0/8"], { [EXPECTED_TIMEOUT_KEY]: "300" }, LONG);
    assert.deepEqual([status, lines], [4, []]);
  });

  it("is the sooner of the caller's and the proxy's", async () => {
    const long = { [EXPECTED_TIMEOUT_KEY]: "600000", "grpc-timeout": "300m" };
    assert.equal((await call(["127.0.0.1"], long, LONG)).status, 4);
    const short = { [EXPECTED_TIMEOUT_KEY]: "300", "grpc-timeout": "1H" };
    assert.equal((await call(["127.0.0.1"], short, LONG)).status, 4);
  });

  it("is not the proxy's where that is not trusted, and the log says what to do", async () => {
    const request = GenerateStreamRequest.encode(promptRequest("a whole answer")).finish();
    const { status, lines } = await call(["10.0.0.0/8"], { [EXPECTED_TIMEOUT_KEY]: "1" }, request);
    assert.equal(status, 0);
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? "", /max_stream_duration.*peer: '127\.0\.0\.1', timeoutMs: 1 /);
  });
});

describe("A grpc-timeout", () => {
  it("is read in every unit, and clamped to what a timer holds", () => {
    const read = ["2H", "3M", "4S", "5m", "1000u", "1000000n", "99999999H"].map(parseGrpcTimeout);
    assert.deepEqual(read, [7_200_000, 180_000, 4_000, 5, 1, 1, MAX_TIMEOUT_MS]);
  });

  it("is written so that it reads as the same time, rounded up by less than a second", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: MAX_TIMEOUT_MS, noNaN: true }), (timeoutMs) => {
        const text = formatGrpcTimeout(timeoutMs);
        const readMs = parseGrpcTimeout(text);
        assert.ok(readMs !== undefined && readMs >= Math.min(timeoutMs, 2_147_483_000) && readMs < timeoutMs + 1_000);
      }),
    );
  });
});
