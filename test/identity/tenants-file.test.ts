import assert from "node:assert/strict";
import { parseTenantsFile, TenantsFileError } from "../../src/identity/tenants-file.js";
import { parseSizeBytes } from "../../src/settings/units.js";
import { hashOf, IdentityRig } from "../support/identity-rig.js";

const FULL = `
tenants:
  acme:
    weight: 2
    running_calls: 8
    waiting_calls: 0
    input_tokens_per_minute: 100000
    session_bytes: 100MiB
    keys:
      - name: ci
        sha256: ${hashOf("one").toUpperCase()}
        permissions: [generate, observe]
        expires: 2027-01-01T00:00:00Z
      - { name: ci-next, sha256: ${hashOf("two")} }
    certificates:
      - uri: spiffe://example.org/worker
      - { subject: "CN=worker,O=Acme", permissions: [] }
  closed: { disabled: true }
defaults:
  weight: 0.5
  sessions: 10
`;

function parse(source: string): ReturnType<typeof parseTenantsFile> {
  return parseTenantsFile(source, { path: "tenants.yaml", parseSize: parseSizeBytes });
}

function problemsOf(source: string): readonly string[] {
  try {
    parse(source);
  } catch (error) {
    assert.ok(error instanceof TenantsFileError);
    return error.problems;
  }
  return [];
}

describe("A tenants file", () => {
  it("names tenants with their keys, certificates and shares, and the defaults of all others", () => {
    const { tenants, defaults } = parse(FULL);
    const acme = tenants.get("acme");
    assert.deepEqual(acme?.policy, {
      weight: 2,
      runningCalls: 8,
      waitingCalls: 0,
      inputTokensPerMinute: 100_000,
      outputTokensPerMinute: undefined,
      sessions: 10,
      sessionBytes: 100 * 1024 * 1024,
    });
    assert.deepEqual(
      acme.keys.map(({ name, sha256, permissions, expiresMs }) => [name, sha256, [...permissions], expiresMs]),
      [
        ["ci", hashOf("one"), ["generate", "observe"], Date.UTC(2027, 0, 1)],
        ["ci-next", hashOf("two"), ["generate", "sessions", "tokens"], undefined],
      ],
    );
    assert.deepEqual(
      acme.certificates.map(({ kind, name, permissions }) => [kind, name, permissions.size]),
      [
        ["uri", "spiffe://example.org/worker", 3],
        ["subject", "CN=worker,O=Acme", 0],
      ],
    );
    assert.equal(tenants.get("closed")?.isDisabled, true);
    assert.equal(defaults.weight, 0.5);
  });

  it("is refused with every problem, its line and its column, and no hash", () => {
    const hash = hashOf("one");
    const source = `
tenants:
  acme:
    weight: 0
    colour: red
    running_calls: 1.5
    session_bytes: lots
    keys:
      - name: "a b"
        sha256: abc
        permissions: [generate, fly]
      - name: one
      - { name: two, sha256: ${hash} }
      - { name: three, sha256: ${hash} }
    certificates:
      - { uri: "spiffe://a", subject: CN=a }
      - {}
  "two words": {}
tenant: {}
`;
    const problems = problemsOf(source);
    assert.deepEqual(
      problems.map((problem) => /^tenants\.yaml:(\d+:\d+): /.exec(problem)?.[1]),
      ["19:1", "4:13", "5:5", "6:20", "7:20", "9:15", "10:17", "11:33", "12:9", "14:9", "16:9", "17:9", "18:3"],
      problems.join("\n"),
    );
    assert.ok(!problems.join("\n").includes(hash));
  });

  for (const [what, source, problem] of [
    ["that is no YAML", "tenants: [", /tenants\.yaml:1:11: /],
    ["with a tenant twice", "tenants:\n  a: {}\n  a: {}\n", /tenants\.yaml:3:3: .*unique/],
    ["with an alias", "tenants:\n  a: &a {}\n  b: *a\n", /tenants\.yaml:3:6: aliases are not allowed/],
    ["that is a list", "- a", /tenants\.yaml:1:1: must be a map/],
    ["with a tenant of nothing", "tenants:\n  a:\n", /tenants\.yaml:2:\d+: must be a map/],
  ] as const) {
    it(`${what} is refused`, () => {
      assert.match(problemsOf(source).join("\n"), problem);
    });
  }
});

describe("The size of a tenants file", () => {
  const file = (tenants: number): string => {
    const entries = Array.from({ length: tenants }, (_, number) => {
      const keys = ["a", "b"].map((name) => `      - { name: ${name}, sha256: ${hashOf(`${number}${name}`)} }\n`);
      return `  tenant-${number}:\n    keys:\n${keys.join("")}`;
    });
    return `tenants:\n${entries.join("")}`;
  };

  it("is held to 1,000 tenants, which have room for two keys each", async () => {
    await using rig = await IdentityRig.open({ tenants: file(1_000) });
    await rig.write(file(1_001));
    await assert.rejects(rig.reload(), /tenants\.yaml:1:1: tenants has 1001 entries; at most 1000/);
  });

  it("is held to 256 KiB", async () => {
    await using rig = await IdentityRig.open();
    await rig.write(`# ${"a".repeat(256 * 1024)}\n`);
    await assert.rejects(rig.reload(), /cannot be read: it has 262147 bytes; at most 262144/);
  });
});
