import assert from "node:assert/strict";
import { createServer } from "node:tls";
import { mkdir, rename, symlink } from "node:fs/promises";
import { join } from "node:path";
import { generateKeyPairSync } from "node:crypto";
import type { SecureContextOptions } from "node:tls";
import { silentLogger } from "../../src/telemetry/logger.js";
import { Certificates, type CertificatesOptions } from "../../src/tls/certificates.js";
import { ManualClock } from "../support/manual-clock.js";
import { CertificateFolder, TestAuthority } from "../support/test-certificates.js";

const LOOK_MS = 1_000;

describe("The certificates of a server", () => {
  let authority: TestAuthority;
  let folder: CertificateFolder;
  let clock: ManualClock;
  let log: { readonly level: string; readonly fields: object; readonly message: string }[];

  before(async () => {
    authority = await TestAuthority.create("Rill test authority");
  });

  beforeEach(async () => {
    folder = await CertificateFolder.create();
    clock = new ManualClock();
    log = [];
  });

  afterEach(() => folder[Symbol.asyncDispose]());

  const open = (options: Partial<CertificatesOptions> & Pick<CertificatesOptions, "pairs">): Certificates => {
    const note =
      (level: string) =>
      (fields: object, message: string): void =>
        void log.push({ level, fields, message });
    const logger = { ...silentLogger, info: note("info"), warn: note("warn"), error: note("error") };
    const rest = { clientAuthorities: undefined, minVersion: "1.2" as const, clock, wallNowMs: Date.now, log: logger };
    return new Certificates({ ...rest, ...options });
  };

  /** Notes the contexts that new handshakes get. */
  const follow = (certificates: Certificates): SecureContextOptions[] => {
    const contexts: SecureContextOptions[] = [];
    certificates.onReplaced((context) => contexts.push(context));
    return contexts;
  };

  it("follow their files once two looks find the same", async () => {
    const [first, second] = await Promise.all([authority.issueForLocalhost(), authority.issueForLocalhost()]);
    using certificates = open({ pairs: [await folder.writePair("server", first)] });
    const contexts = follow(certificates);
    clock.advance(LOOK_MS);
    await folder.write("server.pem", second.certificate);
    clock.advance(LOOK_MS);
    await folder.write("server.key", second.key);
    clock.advance(LOOK_MS);
    assert.deepEqual(contexts, []);
    clock.advance(LOOK_MS);
    assert.deepEqual(
      contexts.map(({ cert }) => String(cert)),
      [second.certificate],
    );
    clock.advance(10 * LOOK_MS);
    assert.equal(contexts.length, 1);
    assert.equal(
      log.some(({ level }) => level === "error"),
      false,
    );
  });

  it("stay if a new key does not belong to the certificate, and the log says so once, without the key", async () => {
    const [first, second] = await Promise.all([authority.issueForLocalhost(), authority.issueForLocalhost()]);
    using certificates = open({ pairs: [await folder.writePair("server", first)] });
    const contexts = follow(certificates);
    await folder.write("server.key", second.key);
    for (let look = 0; look < 5; look++) clock.advance(LOOK_MS);
    assert.deepEqual(contexts, []);
    const errors = log.filter(({ level }) => level === "error");
    assert.equal(errors.length, 1);
    const text = JSON.stringify(errors, (_, value: unknown) => (value instanceof Error ? value.stack : value));
    assert.match(text, /server\.key does not belong to the first certificate in .*server\.pem/);
    assert.equal(text.includes(second.key.slice(40, 80)), false);
    assert.deepEqual([certificates.report.failed, certificates.report.replaced], [1, 0]);
    await folder.write("server.pem", second.certificate);
    for (let look = 0; look < 2; look++) clock.advance(LOOK_MS);
    assert.equal(contexts.length, 1);
  });

  it("are reloaded at once on demand, and a fault is thrown with the file", async () => {
    const [first, second] = await Promise.all([authority.issueForLocalhost(), authority.issueForLocalhost()]);
    using certificates = open({ pairs: [await folder.writePair("server", first)] });
    const contexts = follow(certificates);
    await folder.writePair("server", second);
    await certificates.reload();
    assert.equal(contexts.length, 1);
    await folder.write("server.pem", "nothing");
    await assert.rejects(certificates.reload(), /server\.pem has no certificate in PEM/);
    await folder.write("server.pem", second.certificate.replace("MII", "MIX"));
    await assert.rejects(certificates.reload(), /certificate 1 in .*server\.pem cannot be read/);
    await folder.writePair("server", second);
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const encrypted = { format: "pem", type: "pkcs8", cipher: "aes-256-cbc", passphrase: "x" } as const;
    await folder.write("server.key", String(privateKey.export(encrypted)));
    await assert.rejects(certificates.reload(), /server\.key cannot be used: it is encrypted/);
    assert.equal(contexts.length, 1);
  });

  it("follow a link to a folder that is exchanged, as Kubernetes does it", async () => {
    const pairs = await Promise.all([authority.issueForLocalhost(), authority.issueForLocalhost()]);
    for (const [index, pair] of pairs.entries()) {
      await mkdir(join(folder.path, `data-${index}`));
      await folder.writePair(`data-${index}/tls`, pair);
    }
    await symlink("data-0", join(folder.path, "..data"));
    for (const name of ["tls.pem", "tls.key"]) await symlink(`..data/${name}`, join(folder.path, name));
    const files = { certificate: join(folder.path, "tls.pem"), key: join(folder.path, "tls.key") };
    using certificates = open({ pairs: [files] });
    const contexts = follow(certificates);
    await symlink("data-1", join(folder.path, "..new"));
    await rename(join(folder.path, "..new"), join(folder.path, "..data"));
    for (let look = 0; look < 2; look++) clock.advance(LOOK_MS);
    assert.deepEqual(
      contexts.map(({ cert }) => String(cert)),
      pairs.slice(1).map(({ certificate }) => certificate),
    );
  });

  it("are chosen by the name that the client asks for, wildcards too, and the first one is for all other names", async () => {
    const names = [["localhost"], ["*.example.org"], ["rill.test"]];
    const pairs = await Promise.all(names.map((dnsNames) => authority.issue({ subject: "CN=a", dnsNames })));
    const files = await Promise.all(pairs.map((pair, index) => folder.writePair(`pair-${index}`, pair)));
    using certificates = open({ pairs: files });
    const server = createServer(certificates.serverOptions).listen(0);
    const serialFor = async (servername: string): Promise<string> => {
      const { connect } = await import("node:tls");
      const { port } = server.address() as { port: number };
      const socket = connect({ port, rejectUnauthorized: false, ...(servername === "" ? {} : { servername }) });
      await new Promise((resolve) => socket.once("secureConnect", resolve));
      const { serialNumber } = socket.getPeerCertificate();
      socket.destroy();
      return serialNumber;
    };
    const asked = ["rill.test", "a.example.org", "localhost", "unknown.test", ""];
    const serials = await Promise.all(asked.map(serialFor));
    server.close();
    assert.deepEqual(
      serials,
      [2, 1, 0, 0, 0].map((index) => pairs[index]?.serial),
    );
  });

  it("are used with a warning if they have expired, are not valid yet or expire soon, and the report has their days", async () => {
    const days = [
      [-3, -1],
      [1, 3],
      [-1, 5],
      [-1, 30],
    ] as const;
    const pairs = await Promise.all(days.map(([fromDay, toDay]) => authority.issueForLocalhost({ fromDay, toDay })));
    const files = await Promise.all(pairs.map((pair, index) => folder.writePair(`pair-${index}`, pair)));
    using certificates = open({ pairs: files });
    const warnings = log.filter(({ level }) => level === "warn").map(({ message }) => message);
    assert.equal(warnings.length, 3);
    assert.match(warnings.join("\n"), /has expired.*\n.*not valid yet.*\n.*expires soon/);
    const left = [...certificates.report.daysLeft.values()].map(Math.round);
    assert.deepEqual(left, [-1, 3, 5, 30]);
  });

  it("must be there and fit at the start", async () => {
    const [one, other] = await Promise.all([authority.issueForLocalhost(), authority.issueForLocalhost()]);
    const pair = await folder.writePair("server", { ...one, key: other.key });
    assert.throws(() => open({ pairs: [pair] }), /does not belong/);
    assert.throws(
      () => open({ pairs: [{ ...pair, certificate: join(folder.path, "absent") }] }),
      /absent cannot be read: ENOENT/,
    );
    const whole = await folder.writePair("server", one);
    const clientAuthorities = await folder.write("ca.pem", "");
    assert.throws(() => open({ pairs: [whole], clientAuthorities }), /ca\.pem has no certificate in PEM/);
  });
});
