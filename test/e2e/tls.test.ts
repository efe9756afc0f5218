import assert from "node:assert/strict";
import { once } from "node:events";
import { get } from "node:https";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import type { IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { ServerChild } from "../support/server-child.js";
import { CertificateFolder, TestAuthority } from "../support/test-certificates.js";
import { createTinyModel } from "../support/tiny-model.js";
import { runRill } from "./run-rill.js";

/** The outcome of a call that the server answered. */
const ANSWERED = "answered";

describe("rill serve with TLS", function () {
  this.timeout(60_000);
  let folder = "";
  let authority: TestAuthority;
  let files: CertificateFolder;
  let server: ServerChild;
  let ca = "";
  /** The bound addresses by security, and that of the admin port. */
  let plaintext = "";
  let tls = "";
  let mtls = "";
  let admin = "";

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "rill-tls-e2e-"));
    const model = await createTinyModel(folder);
    authority = await TestAuthority.create("Rill test authority");
    files = await CertificateFolder.create();
    ca = await files.write("ca.pem", authority.certificate);
    const { certificate, key } = await files.writePair("server", await authority.issueForLocalhost());
    const listen = ["127.0.0.1:0", "tls://127.0.0.1:0", "mtls://127.0.0.1:0"].flatMap((each) => ["--listen", each]);
    server = ServerChild.launch([
      ...["--model", model, "--model-cache", join(folder, "cache"), "--slots", "2", "--threads", "1"],
      ...[...listen, "--admin-listen", "tls://127.0.0.1:0", "--drain-delay", "0"],
      ...["--tls-cert", certificate, "--tls-key", key, "--tls-client-ca", ca],
    ]);
    const { adminAddress } = await server.ready();
    const ready = server.log.find(({ msg }) => msg === "ready");
    const { addresses } = ready as unknown as { readonly addresses: readonly [string, string, string] };
    [plaintext, tls, mtls] = addresses.map((address) => address.replace(/^m?tls:\/\//, "")) as [string, string, string];
    assert.match(addresses[2], /^mtls:\/\//);
    admin = adminAddress;
  });

  after(async () => {
    await server[Symbol.asyncDispose]();
    await files[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  const generate = async (...flags: string[]): Promise<string> => {
    const { code, stderr } = await runRill(["generate", "--max-output-tokens", "2", ...flags, "a"]);
    // The tiny model's text is arbitrary, and may be empty.
    return code === 0 ? ANSWERED : stderr.replace("rill generate: ", "").trimEnd();
  };

  it("is called by rill with and without TLS, and each wrong way of calling it is explained", async () => {
    const worker = await files.writePair("worker", await authority.issue({ subject: "CN=worker", usage: "client" }));
    const identity = ["--cert", worker.certificate, "--key", worker.key];
    const [plain, overTls, overMtls, byName] = await Promise.all([
      generate("--address", plaintext),
      generate("--address", tls, "--ca", ca),
      generate("--address", mtls, "--ca", ca, ...identity),
      generate("--address", tls, "--ca", ca, "--server-name", "localhost"),
    ]);
    for (const outcome of [plain, overTls, overMtls, byName]) assert.equal(outcome, ANSWERED);
    assert.equal(await generate("--address", tls), "UNAVAILABLE: the server speaks TLS: add --tls");
    assert.match(
      await generate("--address", plaintext, "--tls"),
      /^UNAVAILABLE: the server (?:does not speak TLS|closed)/,
    );
    assert.match(
      await generate("--address", tls, "--tls"),
      /authority that this client does not know: name its file with --ca$/,
    );
    assert.match(
      await generate("--address", tls, "--ca", ca, "--server-name", "other.test"),
      /certificate is not for other\.test, but for DNS:localhost, IP Address:127\.0\.0\.1: name one/,
    );
    assert.match(await generate("--address", mtls, "--ca", ca), /may require a certificate of the client/);
    const stranger = await TestAuthority.create("Another authority");
    const other = await files.writePair("other", await stranger.issue({ subject: "CN=worker", usage: "client" }));
    assert.match(
      await generate("--address", tls, "--ca", ca, "--cert", other.certificate, "--key", other.key),
      /may not accept the certificate of --cert/,
    );
    assert.match(
      await generate("--address", tls, "--cert", worker.certificate),
      /--cert and --key: one of them needs the other/,
    );
    assert.match(await generate("--address", tls, "--ca", join(folder, "absent")), /absent cannot be read: ENOENT/);
  });

  it("reloads its certificates on SIGHUP, serves the admin port over TLS, and warns of an expired certificate", async function () {
    if (process.platform === "win32") return this.skip();
    const expired = await authority.issueForLocalhost({ fromDay: -3, toDay: -1 });
    await files.writePair("server", expired);
    server.kill("SIGHUP");
    const serialAt = async (address: string): Promise<string> => {
      const socket = connect({
        port: Number(address.split(":")[1]),
        ALPNProtocols: ["h2", "http/1.1"],
        rejectUnauthorized: false,
      });
      await once(socket, "secureConnect");
      const { serialNumber } = socket.getPeerCertificate();
      socket.destroy();
      return serialNumber;
    };
    while ((await serialAt(tls)) !== expired.serial) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual([await serialAt(mtls), await serialAt(admin)], [expired.serial, expired.serial]);
    assert.match(await generate("--address", tls, "--ca", ca), /^UNAVAILABLE: the server's certificate has expired \(/);
    const [answer] = (await once(get(`https://${admin}/metrics`, { rejectUnauthorized: false }), "response")) as [
      IncomingMessage,
    ];
    const page = await text(answer);
    assert.match(page, /^rill_tls_certificate_days_left\{file=".*server\.pem"\} -1\./m);
    assert.match(page, /^rill_tls_handshakes_failed_total\{reason="client_certificate"\} [1-9]/m);
    assert.ok(server.log.some(({ msg }) => String(msg).includes("the certificate has expired")));
  });
});
