import assert from "node:assert/strict";
import fc from "fast-check";
import { parseForwardedCertificate } from "../../src/identity/forwarded-certificate.js";

describe("The header x-forwarded-client-cert", () => {
  it("counts by its last element alone, which the proxy has added", () => {
    const header =
      'By=spiffe://a/evil;Hash=0;URI=spiffe://a/admin,By=spiffe://a/proxy;Hash=468e;Subject="CN=worker,O=Acme";URI=spiffe://a/worker;DNS=w.test';
    assert.deepEqual(parseForwardedCertificate(header), { subject: "CN=worker,O=Acme", uris: ["spiffe://a/worker"] });
  });

  it("keeps separators and escapes inside quotes", () => {
    const header = 'Subject="CN=\\"a\\\\b\\",OU=x;URI=spiffe://a/admin,By=c";Hash=1';
    assert.deepEqual(parseForwardedCertificate(header), {
      subject: 'CN="a\\b",OU=x;URI=spiffe://a/admin,By=c',
      uris: [],
    });
  });

  for (const header of [
    "",
    ",",
    "Hash=1",
    "Subject=",
    'Subject="CN=a',
    'Subject="CN=a"b',
    'Subject="CN=a";Subject="CN=b"',
    "URI=spiffe://a/b,",
    "URI=spiffe://a/b;",
    "URI=spiffe://a/ b",
    "Name=a;URI=spiffe://a/b",
    'URI=spiffe://a/b;Hash="',
  ]) {
    it(`is refused as ${JSON.stringify(header)}`, () => {
      assert.equal(parseForwardedCertificate(header), undefined);
    });
  }

  it("gives back any subject and URI that a proxy has quoted, whatever clients have written before them", () => {
    const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
    const written = fc.stringMatching(/^[\x20-\x7e]{1,40}$/);
    fc.assert(
      fc.property(written, written, written, (subject, uri, before) => {
        const last = `By=spiffe://proxy;Subject=${quoted(subject)};URI=${quoted(uri)}`;
        const expected = { subject, uris: [uri] };
        assert.deepEqual(parseForwardedCertificate(last), expected);
        assert.deepEqual(parseForwardedCertificate(`Subject=${quoted(before)},${last}`), expected);
        const parsed = parseForwardedCertificate(`${before},${last}`);
        if (parsed !== undefined) assert.deepEqual(parsed, expected);
      }),
    );
  });
});
