import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { describeCertificate } from "../../../src/grpc/connection/client-certificate.js";
import { TestAuthority } from "../../support/test-certificates.js";

describe("The names in a client's certificate", () => {
  const describeNames = async (names: {
    subject: string;
    uris?: string[];
    dnsNames?: string[];
    addresses?: string[];
  }) => {
    const authority = await TestAuthority.create("Test CA");
    return describeCertificate(new X509Certificate((await authority.issue(names)).certificate));
  };

  it("are the subject from its leaf to its root, the URIs and the DNS names", async () => {
    const names = { uris: ["spiffe://example.org/worker", "https://example.org/b"], dnsNames: ["worker.example.org"] };
    assert.deepEqual(await describeNames({ subject: "O=Acme, CN=worker", ...names, addresses: ["10.0.0.1"] }), {
      subject: "CN=worker,O=Acme",
      ...names,
    });
  });

  it("are none besides the subject if the certificate has no alternative names", async () => {
    assert.deepEqual(await describeNames({ subject: "CN=worker" }), { subject: "CN=worker", uris: [], dnsNames: [] });
  });

  it("are the alternative names alone if the subject is empty", async () => {
    const names = { uris: ["spiffe://example.org/worker"], dnsNames: [] };
    assert.deepEqual(await describeNames({ subject: "", ...names }), { subject: "", ...names });
  });

  it("stay one name if a name contains what looks like the beginning of another one", async () => {
    const uris = ["spiffe://evil.example/a, URI:spiffe://example.org/worker", 'spiffe://evil.example/"b'];
    const described = await describeNames({ subject: "CN=a\\, O\\=Acme", uris });
    assert.deepEqual(described.uris, uris);
    assert.equal(described.subject.split(/(?<!\\),/).length, 1);
  });
});
