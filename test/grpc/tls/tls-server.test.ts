import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import * as tls from "node:tls";
import { GenerateStreamRequest } from "../../../generated/rill/v1/generation_service.js";
import { systemClock } from "../../../src/sync/clock.js";
import { silentLogger } from "../../../src/telemetry/logger.js";
import { Certificates } from "../../../src/tls/certificates.js";
import { textOf } from "../../support/generation-text.js";
import { loadWhen } from "../../support/load-watch.js";
import { RawHttp2Reader } from "../../support/raw-http2-reader.js";
import { SCRIPT } from "../../support/scripted-engine.js";
import { CertificateFolder, type IssuedPair, TestAuthority } from "../../support/test-certificates.js";
import { promptRequest, refusalOf, resultOf, TestClient, tokensRequest } from "../../support/test-client.js";
import { TestServer } from "../../support/test-server.js";
import { TlsRig } from "../../support/tls-rig.js";
import { PROTOCOL_ERRORS } from "../protocol-errors.js";

const STREAM = "rill.v1.GenerationService/GenerateStream";
const HANDSHAKE_MS = 1_000;
/** The server looks four times a second; the rest is for a machine with much else to do. */
const CLOSED_WITHIN_MS = 5_000;

describe("A server with TLS", () => {
  let rig: TlsRig;
  let server: TestServer;
  let client: TestClient;

  before(async () => {
    rig = await TlsRig.create();
    server = await TestServer.start({
      ...rig.serverOptions(),
      engine: { stepMs: 2 },
      limits: { connectionHandshakeMs: HANDSHAKE_MS, slowReaderGraceMs: 100 },
    });
    client = new TestClient(server.address, {}, rig.credentials());
  });

  after(async () => {
    client[Symbol.dispose]();
    await server[Symbol.asyncDispose]();
    await rig[Symbol.asyncDispose]();
  });

  const port = (): number => Number(server.address.split(":")[1]);
  const handshake = async (options: tls.ConnectionOptions): Promise<tls.TLSSocket> => {
    const socket = tls.connect({ host: "127.0.0.1", port: port(), ca: rig.authority.certificate, ...options });
    await once(socket, "secureConnect");
    return socket;
  };

  it("serves calls", async () => {
    assert.equal((await client.generate(promptRequest("over TLS"))).text, "over TLS");
  });

  it("speaks TLS 1.2 and 1.3, resumes no session, and refuses other protocols than h2", async () => {
    for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
      const socket = await handshake({ minVersion: version, maxVersion: version, ALPNProtocols: ["h2"] });
      assert.deepEqual([socket.getProtocol(), socket.alpnProtocol], [version, "h2"]);
      await once(socket, "data");
      const session = socket.getSession();
      assert.ok(session !== undefined);
      const again = await handshake({ session, maxVersion: version, ALPNProtocols: ["h2"] });
      assert.equal(again.isSessionReused(), false);
      again.destroy();
      socket.destroy();
    }
    await assert.rejects(handshake({ ALPNProtocols: ["http/1.1"] }), {
      code: "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL",
    });
    await assert.rejects(handshake({ maxVersion: "TLSv1.1", minVersion: "TLSv1.1", ciphers: "ALL:@SECLEVEL=0" }), {
      code: "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION",
    });
    const silent = await handshake({});
    silent.resume();
    await once(silent, "close");
    assert.ok(server.rpc.handshakes.failed.no_h2 >= 1);
  });

  it("cuts clients that send garbage, plaintext, half a handshake or nothing, and neighbours lose nothing", async () => {
    const stopping = { maxOutputTokens: 1_000, stopSequences: [], stopTokenIds: [] };
    const running = resultOf(client.generation.generateStream(tokensRequest([SCRIPT.CYCLE, 97, 98], { stopping })));
    await loadWhen(client, ({ slotsBusy }) => slotsBusy === 1);
    const before = server.rpc.handshakes.failed;
    const startedMs = performance.now();
    const closedAfter = async (bytes: Uint8Array): Promise<void> => {
      const socket = connect(port(), "127.0.0.1");
      socket.on("error", () => {});
      socket.resume().write(bytes);
      await once(socket, "close");
    };
    const helloStart = Buffer.from("1603010200010001fc0303", "hex");
    await Promise.all(
      [
        Buffer.from("garbage ".repeat(100)),
        Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        helloStart,
        Buffer.alloc(0),
      ].map(closedAfter),
    );
    assert.ok(performance.now() - startedMs < HANDSHAKE_MS + CLOSED_WITHIN_MS);
    const { failed } = server.rpc.handshakes;
    assert.equal(failed.not_tls - before.not_tls, 2);
    assert.equal(failed.timeout - before.timeout, 2);
    const { messages, status } = await running;
    assert.deepEqual([status.code, textOf(messages)], [0, "ab".repeat(500)]);
  });

  it("cuts a client that finishes the handshake of TLS and begins no HTTP/2", async () => {
    const closed = server.rpc.connections.closed.handshake;
    const socket = await handshake({ ALPNProtocols: ["h2"] });
    socket.on("error", () => {}).resume();
    await once(socket, "close");
    assert.equal(server.rpc.connections.closed.handshake, closed + 1);
  });

  it("closes a connection that breaks the protocol of HTTP/2", async () => {
    const startedMs = performance.now();
    const closures = Object.values(PROTOCOL_ERRORS).map(async (bytes) => {
      const socket = await handshake({ ALPNProtocols: ["h2"] });
      socket
        .on("error", () => {})
        .resume()
        .write(bytes);
      await once(socket, "close");
    });
    await Promise.all(closures);
    assert.ok(performance.now() - startedMs < CLOSED_WITHIN_MS);
  });

  it("pauses the generation of a slow reader, and ends it when its grace is over", async () => {
    await using reader = await RawHttp2Reader.open({
      address: server.address,
      method: STREAM,
      request: GenerateStreamRequest.encode(tokensRequest([SCRIPT.CYCLE, 97, 98])).finish(),
      windowBytes: 100,
      secure: { ca: rig.authority.certificate },
    });
    reader.pause();
    await loadWhen(client, ({ parked }) => parked === 1);
    assert.equal(reader.messageCount, 0);
    reader.cancel();
    await loadWhen(client, ({ slotsBusy }) => slotsBusy === 0);
  });

  it("counts connections, and frees the descriptor of each", async () => {
    const open = server.rpc.connections.open;
    const sockets = await Promise.all([1, 2, 3].map(() => handshake({ ALPNProtocols: ["h2"] })));
    assert.equal(server.rpc.connections.open, open + 3);
    for (const socket of sockets) socket.destroy();
    while (server.rpc.connections.open > open) await new Promise(setImmediate);
  });
});

describe("The certificate of a client", () => {
  let rig: TlsRig;
  let stranger: TestAuthority;

  before(async () => {
    rig = await TlsRig.create();
    stranger = await TestAuthority.create("Another authority");
  });

  after(() => rig[Symbol.asyncDispose]());

  /** What becomes of a call with each certificate. */
  const outcomes = async (security: "tls" | "mtls"): Promise<Readonly<Record<string, number>>> => {
    await using server = await TestServer.start(rig.serverOptions(security));
    const identities = {
      none: undefined,
      valid: await rig.authority.issue({ subject: "CN=worker", usage: "client" }),
      withoutSubject: await rig.authority.issue({ subject: "", uris: ["spiffe://test/worker"], usage: "client" }),
      expired: await rig.authority.issue({ subject: "CN=worker", usage: "client", fromDay: -3, toDay: -1 }),
      early: await rig.authority.issue({ subject: "CN=worker", usage: "client", fromDay: 1, toDay: 3 }),
      foreign: await stranger.issue({ subject: "CN=worker", usage: "client" }),
      ofServers: await rig.authority.issue({ subject: "CN=worker", usage: "server" }),
    };
    const codes: Record<string, number> = {};
    for (const [name, identity] of Object.entries(identities)) {
      using client = new TestClient(server.address, {}, rig.credentials(identity));
      codes[name] = await client.generate(promptRequest("a")).then(
        () => 0,
        async (error: unknown) => (await refusalOf(Promise.reject(error as Error))).code,
      );
    }
    assert.equal(server.rpc.handshakes.failed.client_certificate > 0, true);
    return codes;
  };

  it("must be valid and of an accepted authority, if there is one", async () => {
    const refused = { expired: 14, early: 14, foreign: 14, ofServers: 14 };
    assert.deepEqual(await outcomes("tls"), { none: 0, valid: 0, withoutSubject: 0, ...refused });
    assert.deepEqual(await outcomes("mtls"), { none: 14, valid: 0, withoutSubject: 0, ...refused });
  });
});

describe("The certificate of a server", () => {
  it("is refused by a client if it has expired, if its authority is unknown, and if it is for another name", async () => {
    await using folder = await CertificateFolder.create();
    await using rig = await TlsRig.create();
    const codeWith = async (pair: Promise<IssuedPair>): Promise<number> => {
      using certificates = new Certificates({
        pairs: [await folder.writePair("server", await pair)],
        clientAuthorities: undefined,
        minVersion: "1.3",
        clock: systemClock,
        wallNowMs: Date.now,
        log: silentLogger,
      });
      await using server = await TestServer.start({ ...rig.serverOptions(), certificates });
      using client = new TestClient(server.address, {}, rig.credentials());
      return await client.generate(promptRequest("a")).then(
        () => 0,
        (error: unknown) => (error as { code: number }).code,
      );
    };
    const stranger = await TestAuthority.create("Another authority");
    assert.equal(await codeWith(rig.authority.issueForLocalhost()), 0);
    assert.equal(await codeWith(rig.authority.issueForLocalhost({ fromDay: -3, toDay: -1 })), 14);
    assert.equal(await codeWith(stranger.issueForLocalhost()), 14);
    assert.equal(await codeWith(rig.authority.issue({ subject: "CN=other", dnsNames: ["other.example"] })), 14);
  });
});
