import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Config, ConfigError, readConfig } from "../../src/settings/config.js";

interface Given {
  readonly flags?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly configPath?: string;
}

describe("The settings of addresses", () => {
  let folder = "";

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "rill-addresses-"));
  });

  after(() => rm(folder, { recursive: true }));

  const file = async (content: string): Promise<string> => {
    const path = join(folder, "rill.yaml");
    await writeFile(path, content);
    return path;
  };

  const read = ({ flags = {}, environment = {}, configPath }: Given): Promise<{ readonly config: Config }> => {
    const descriptors = { limit: 1_048_576, open: 24 };
    return readConfig({ flags: new Map(Object.entries(flags)), environment, configPath, descriptors });
  };

  const problemsOf = async (given: Given): Promise<readonly string[]> => {
    const error = await read(given).then(
      () => assert.fail("the settings were accepted"),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof ConfigError, String(error));
    return error.problems;
  };

  it("takes several addresses, each with its own security, from flags, variables and lists in a file", async () => {
    const listen = "127.0.0.1:1,tls://0.0.0.0:2,mtls://[::]:3";
    const files = { "tls-cert": "a.pem,b.pem", "tls-key": "a.key,b.key", "tls-client-ca": "ca.pem" };
    const expected = [
      { security: "plaintext", address: "127.0.0.1:1" },
      { security: "tls", address: "0.0.0.0:2" },
      { security: "mtls", address: "[::]:3" },
    ];
    const given = await read({ flags: { listen, ...files } });
    assert.deepEqual(given.config.listen, expected);
    assert.deepEqual(given.config.tlsKeys, ["a.key", "b.key"]);
    assert.deepEqual((await read({ flags: files, environment: { RILL_LISTEN: listen } })).config.listen, expected);
    const items = listen.split(",").map((item) => `  - "${item}"\n`);
    const configPath = await file(`listen:\n${items.join("")}`);
    assert.deepEqual((await read({ flags: files, configPath })).config.listen, expected);
    assert.match(
      (await problemsOf({ configPath: await file("listen: [[1]]\n") })).join(),
      /list of texts without commas/,
    );
  });

  it("names what TLS lacks, and certificates without an effect", async () => {
    const problemsWith = async (flags: Record<string, string>): Promise<string> =>
      (await problemsOf({ flags })).join("\n");
    const pair = { "tls-cert": "a.pem", "tls-key": "a.key" };
    assert.equal(
      await problemsWith({ listen: "tls://0.0.0.0:1" }),
      "--listen tls://0.0.0.0:1 needs --tls-cert and --tls-key",
    );
    assert.match(await problemsWith({ "admin-listen": "tls://0.0.0.0:1" }), /^--admin-listen tls:\S+ needs --tls-cert/);
    assert.match(
      await problemsWith({ listen: "mtls://0.0.0.0:1", ...pair }),
      /^mtls:\/\/ in --listen needs --tls-client-ca$/,
    );
    assert.match(
      await problemsWith({ listen: "tls://0.0.0.0:1", "tls-cert": "a,b", "tls-key": "c" }),
      /have 2 and 1 files/,
    );
    assert.match(await problemsWith(pair), /^--tls-cert has an effect only with tls:\/\//);
    assert.match(await problemsWith({ "tls-client-ca": "ca.pem" }), /^--tls-client-ca has an effect only with/);
    assert.match(await problemsWith({ listen: "tls://unix:/a" }), /^--listen: "tls:\/\/unix:\/a" must be host:port/);
    assert.match(await problemsWith({ "admin-listen": "mtls://127.0.0.1:1" }), /must be off or host:port/);
    const twice = { listen: "127.0.0.1:1,tls://127.0.0.1:1", ...pair };
    assert.match(await problemsWith(twice), /^--listen has 127\.0\.0\.1:1 twice/);
    assert.match(await problemsWith({ "health-listen": "127.0.0.1:50051" }), /^--listen and --health-listen are both/);
  });
});
