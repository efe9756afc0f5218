import assert from "node:assert/strict";
import { once } from "node:events";
import * as tls from "node:tls";
import { textOf } from "../../support/generation-text.js";
import { loadWhen } from "../../support/load-watch.js";
import { SCRIPT } from "../../support/scripted-engine.js";
import { promptRequest, resultOf, TestClient, tokensRequest } from "../../support/test-client.js";
import { TestServer } from "../../support/test-server.js";
import { TlsRig } from "../../support/tls-rig.js";

const STREAMS = 16;
const ROTATIONS = 20;

describe("Certificates that are replaced twenty times under sixteen streams", function () {
  this.timeout(60_000);

  it("cost no call: each new handshake gets the newest one, and the open streams outlive all of them", async () => {
    await using rig = await TlsRig.create();
    await using server = await TestServer.start({
      ...rig.serverOptions("tls"),
      engine: { stepMs: 20, sequences: STREAMS + 2 },
    });
    using client = new TestClient(server.address, {}, rig.credentials());
    const pairs = await Promise.all(Array.from({ length: ROTATIONS }, () => rig.authority.issueForLocalhost()));
    using leaving = new TestClient(server.address, {}, rig.credentials());
    const stopping = { maxOutputTokens: 1_500, stopSequences: [], stopTokenIds: [] };
    const streams = Array.from({ length: STREAMS }, () =>
      leaving.generation.generateStream(tokensRequest([SCRIPT.CYCLE, 97, 98], { stopping })),
    );
    const results = streams.map(resultOf);
    await loadWhen(client, ({ slotsBusy }) => slotsBusy === STREAMS);
    const handshake = async (): Promise<string> => {
      const [, port] = server.address.split(":");
      const socket = tls.connect({ port: Number(port), ca: rig.authority.certificate, ALPNProtocols: ["h2"] });
      await once(socket, "secureConnect");
      const { serialNumber } = socket.getPeerCertificate();
      socket.destroy();
      return serialNumber;
    };
    const texts: string[] = [];
    for (const pair of pairs) {
      await rig.folder.writePair("server", pair);
      const underWay = Promise.all([handshake(), handshake()]);
      await rig.certificates.reload();
      using newcomer = new TestClient(server.address, {}, rig.credentials());
      const [serial, { text }] = await Promise.all([handshake(), newcomer.generate(promptRequest("still here"))]);
      assert.equal(serial, pair.serial);
      assert.equal(
        (await underWay).every((found) => found !== ""),
        true,
      );
      texts.push(text);
    }
    assert.deepEqual(
      texts,
      pairs.map(() => "still here"),
    );
    assert.equal((await client.load()).slotsBusy, STREAMS);
    for (const stream of streams) stream.cancel();
    for (const { messages, status } of await Promise.all(results)) {
      // The client itself ended the stream.
      assert.equal(status.code, 1);
      assert.match(textOf(messages), /^(?:ab)+a?$/);
    }
    assert.deepEqual([rig.certificates.report.replaced, rig.certificates.report.failed], [ROTATIONS, 0]);
  });

  it("leave the drain as it is: a call over TLS ends in its own time, and a new one is refused", async () => {
    await using rig = await TlsRig.create();
    await using server = await TestServer.start({ ...rig.serverOptions("mtls"), engine: { stepMs: 2 } });
    const identity = await rig.authority.issue({ subject: "CN=worker", usage: "client" });
    using client = new TestClient(server.address, {}, rig.credentials(identity));
    const stopping = { maxOutputTokens: 300, stopSequences: [], stopTokenIds: [] };
    const running = resultOf(client.generation.generateStream(tokensRequest([SCRIPT.CYCLE, 97, 98], { stopping })));
    await loadWhen(client, ({ slotsBusy }) => slotsBusy === 1);
    const closed = server.rpc.shutdown(10_000);
    const refused = await client.generate(promptRequest("late")).catch((error: unknown) => error);
    assert.equal((refused as { code?: number }).code, 14);
    const { messages, status } = await running;
    assert.deepEqual([status.code, textOf(messages)], [0, "ab".repeat(150)]);
    await closed;
    assert.equal(server.rpc.connections.open, 0);
  });
});
