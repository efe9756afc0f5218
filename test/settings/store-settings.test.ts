import assert from "node:assert/strict";
import { ConfigError, readConfig, type SettledConfig } from "../../src/settings/config.js";
import { printConfig } from "../../src/settings/print-config.js";

const SECRET = "pass-word";

async function read(flags: Readonly<Record<string, string>>): Promise<SettledConfig> {
  const descriptors = { limit: 1_048_576, open: 24 };
  return await readConfig({
    flags: new Map(Object.entries(flags)),
    configPath: undefined,
    environment: {},
    descriptors,
  });
}

async function problemsOf(flags: Readonly<Record<string, string>>): Promise<readonly string[]> {
  try {
    await read(flags);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.problems;
  }
  assert.fail("the settings were accepted");
}

describe("the settings of the store", () => {
  it("show the password of an address nowhere", async () => {
    const { settled } = await read({ store: `postgres://u:${SECRET}@h/d?password=${SECRET}&sslmode=disable` });
    const printed = printConfig(settled);
    assert.match(printed, /store: postgres:\/\/u@h\/d\?sslmode=disable/);
    assert.doesNotMatch(printed, new RegExp(SECRET));
  });

  it("show the password of an address that is none nowhere either", async () => {
    const wrong = [
      `postgres://u:${SECRET}@h:port/d`,
      `mysql://u:${SECRET}@h/d`,
      `postgres://u:${SECRET}/@:@h:x/d`,
      `postgres://h:x/d?password=${SECRET}`,
      `postgres://u:a\n${SECRET}@h:x/d`,
    ];
    for (const store of wrong) {
      const [problem = ""] = await problemsOf({ store });
      assert.match(problem, /^--store: ".*" must be auto, memory:, sqlite:PATH or postgres/);
      assert.doesNotMatch(problem, new RegExp(SECRET), store);
    }
  });

  it("refuse a mode of TLS that may fall back to plain text, and an authority that cannot be read", async () => {
    const prefer = await problemsOf({ store: "postgres://h/d?sslmode=prefer" });
    assert.deepEqual(prefer, [
      '--store: sslmode is "prefer", and must be one of disable, require, verify-ca, verify-full',
    ]);
    const [missing = ""] = await problemsOf({ store: "postgres://h/d?sslmode=verify-full&sslrootcert=/no/such.crt" });
    assert.match(missing, /^--store: sslrootcert cannot be read: ENOENT/);
  });
});

describe("the settings of records", () => {
  it("refuse one file for the usage log and the audit log", async () => {
    const problems = await problemsOf({ "usage-log": "/tmp/x.jsonl", "audit-log": "/tmp/x.jsonl" });
    assert.deepEqual(problems, ["--usage-log and --audit-log are both /tmp/x.jsonl"]);
    const few = await problemsOf({
      "usage-log-age": "1h",
      "usage-log-files": "5",
      "audit-log-age": "1h",
      "audit-log-files": "1",
    });
    assert.deepEqual(few, [
      "--usage-log-files is 5, and must be at least 6 with --usage-log-age",
      "--audit-log-files is 1, and must be at least 6 with --audit-log-age",
    ]);
    assert.equal((await read({ "usage-log-age": "1h", "usage-log-files": "6" })).config.usageLogFiles, 6);
    assert.equal((await read({ "usage-log": "off", "audit-log": "off" })).config.usageLog, "off");
  });
});
