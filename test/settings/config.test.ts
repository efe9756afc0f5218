import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ConfigError,
  forgetEmptyVariables,
  ownCommands,
  readConfig,
  type SettledConfig,
} from "../../src/settings/config.js";
import { LIMIT_SETTINGS } from "../../src/settings/limit-settings.js";
import { printConfig } from "../../src/settings/print-config.js";
import { SERVER_SETTINGS } from "../../src/settings/server-settings.js";
import { environmentNameOf, yamlKeyOf } from "../../src/settings/setting.js";
import { DEFAULT_LIMITS } from "../../src/core/limits.js";

interface Given {
  readonly flags?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly configPath?: string;
  readonly descriptors?: { readonly limit: number | undefined; readonly open: number };
}

const ENOUGH_DESCRIPTORS = { limit: 1_048_576, open: 24 };

async function read({ flags = {}, environment = {}, configPath, descriptors }: Given): Promise<SettledConfig> {
  const given = { flags: new Map(Object.entries(flags)), environment, configPath };
  return readConfig({ ...given, descriptors: descriptors ?? ENOUGH_DESCRIPTORS });
}

async function problemsOf(given: Given): Promise<readonly string[]> {
  try {
    await read(given);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.problems;
  }
  assert.fail("the settings were accepted");
}

describe("config", () => {
  let folder = "";
  const file = async (content: string): Promise<string> => {
    const path = join(folder, "rill.yaml");
    await writeFile(path, content);
    return path;
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "rill-config-"));
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  it("has the published defaults when nothing is given", async () => {
    const { config, warnings } = await read({});
    assert.deepEqual(config.listen, [{ security: "plaintext", address: "127.0.0.1:50051" }]);
    assert.deepEqual(config.adminListen, { security: "plaintext", address: "127.0.0.1:50052" });
    assert.equal(config.model, "smollm2-135m-instruct");
    assert.equal(config.slots, "auto");
    assert.deepEqual(config.laneWeights, { interactive: 3, batch: 1 });
    assert.equal(config.drainDelayMs, 5_000);
    assert.equal(config.drainGraceMs, 60_000);
    assert.equal(config.stepLimitMs, 30_000);
    assert.equal(config.logLevel, "info");
    assert.equal(config.logFormat, "auto");
    assert.deepEqual(config.limits, DEFAULT_LIMITS);
    assert.deepEqual(config.connections, { max: 4_096, ageGraceMs: 15 * 60_000, adminMax: 512 });
    assert.deepEqual(warnings, []);
  });

  it("is frozen, its limits too", async () => {
    const { config } = await read({});
    assert.ok(Object.isFrozen(config));
    assert.ok(Object.isFrozen(config.limits));
  });

  it("prefers the flag over the environment, that over the file, and that over the default", async () => {
    const configPath = await file("slots: 1\nthreads: 1\ncontextTokens: 1024\n");
    const { config } = await read({
      flags: { slots: "3" },
      environment: { RILL_SLOTS: "2", RILL_THREADS: "2" },
      configPath,
    });
    assert.equal(config.slots, 3);
    assert.equal(config.threads, 2);
    assert.equal(config.contextTokens, 1_024);
    assert.equal(config.modelCache, "auto");
  });

  it("reads one setting in its three spellings to the same value", async () => {
    const viaFlag = await read({ flags: { "max-output-tokens": "77" } });
    const viaEnvironment = await read({ environment: { RILL_MAX_OUTPUT_TOKENS: "77" } });
    const viaFile = await read({ configPath: await file("maxOutputTokens: 77\n") });
    for (const { config } of [viaFlag, viaEnvironment, viaFile]) {
      assert.equal(config.limits.defaultMaxOutputTokens, 77);
    }
  });

  it("takes the file from RILL_CONFIG where no flag names one, and counts empty variables as not set", async () => {
    const configPath = await file("slots: 5\n");
    const { config } = await read({ environment: { RILL_CONFIG: configPath, RILL_SLOTS: "" } });
    assert.equal(config.slots, 5);
  });

  it("reports all problems at once, each with its origin, value and bound", async () => {
    const configPath = await file("drainDelay: 5\nthreads: [1]\nslotz: 3\n");
    const problems = await problemsOf({
      flags: { slots: "99", "admin-listen": "nowhere", "instance-id": "a b" },
      environment: { RILL_MAX_MESSAGE_SIZE: "4MB", RILL_LOG_LEVEL: "loud" },
      configPath,
    });
    const text = problems.join("\n");
    assert.match(text, /^--slots: "99" must be auto or a whole number from 1 to 64$/m);
    assert.match(text, /^--admin-listen: "nowhere" must be off or host:port/m);
    assert.match(text, /^RILL_MAX_MESSAGE_SIZE: "4MB" must be a size from 4KiB to 64MiB, such as 4MiB$/m);
    assert.match(text, /^RILL_LOG_LEVEL: "loud" must be one of debug, info, warn, error$/m);
    assert.match(text, /rill\.yaml: drainDelay: "5" must be a duration from 0 to 10m, such as 5s$/m);
    assert.match(text, /rill\.yaml: threads: must be a text, a number, true or false$/m);
    assert.match(text, /rill\.yaml: slotz: there is no such setting$/m);
    assert.match(text, /^--instance-id: "a b" must be auto or 1 to 128 visible ASCII characters without spaces$/m);
    assert.equal(problems.length, 8);
  });

  it("refuses a file that is missing, no YAML, no map, or has a key twice", async () => {
    assert.match((await problemsOf({ configPath: join(folder, "absent.yaml") })).join(), /cannot be read \(ENOENT\)/);
    assert.match((await problemsOf({ configPath: await file("slots: [\n") })).join(), /rill\.yaml:\d+: /);
    assert.match((await problemsOf({ configPath: await file("- slots\n") })).join(), /must be a map/);
    assert.match((await problemsOf({ configPath: await file("slots: 1\nslots: 2\n") })).join(), /rill\.yaml:2: /);
  });

  it("takes an empty file for one without settings", async () => {
    const { config } = await read({ configPath: await file("# nothing yet\n") });
    assert.equal(config.slots, "auto");
  });

  it("warns of variables with its prefix that are no setting, and goes on", async () => {
    const { warnings } = await read({ environment: { RILL_SLOT: "3", OTHER: "x" } });
    assert.deepEqual(warnings, ["RILL_SLOT is not a setting and was ignored"]);
  });

  it("refuses to serve without encryption beyond this machine unless told to", async () => {
    const problems = await problemsOf({ flags: { listen: "0.0.0.0:50051" } });
    assert.equal(problems.length, 1);
    assert.match(problems[0] ?? "", /--listen 0\.0\.0\.0:50051 .* add --insecure-listen/);
    assert.match(
      (await problemsOf({ flags: { "admin-listen": "0.0.0.0:50052" } })).join(),
      /^--admin-listen 0\.0\.0\.0:50052 .* add --insecure-listen/,
    );
    const { config } = await read({
      flags: { listen: "0.0.0.0:50051", "admin-listen": "0.0.0.0:50052", "insecure-listen": "true" },
    });
    assert.deepEqual(config.listen, [{ security: "plaintext", address: "0.0.0.0:50051" }]);
  });

  it("refuses one address for gRPC and for operators", async () => {
    const shared = { listen: "127.0.0.1:7", "admin-listen": "127.0.0.1:7" };
    assert.match((await problemsOf({ flags: shared })).join(), /--listen and --admin-listen are both 127\.0\.0\.1:7/);
    const { config } = await read({ flags: { listen: "127.0.0.1:0", "admin-listen": "127.0.0.1:0" } });
    assert.deepEqual(config.listen, [config.adminListen]);
  });

  it("serves on a Unix socket without asking whether the network can be trusted", async function () {
    if (process.platform === "win32") return this.skip();
    const { config } = await read({ flags: { listen: "unix:///run/rill.sock" } });
    assert.deepEqual(config.listen, [{ security: "plaintext", address: "unix:/run/rill.sock" }]);
    const relative = await read({ flags: { listen: "unix:rill.sock" } });
    assert.deepEqual(relative.config.listen, [{ security: "plaintext", address: "unix:rill.sock" }]);
    const [problem] = await problemsOf({ flags: { listen: `unix:/${"x".repeat(200)}` } });
    assert.match(
      problem ?? "",
      /^--listen: "unix:\/x+" must be host:port, .* or unix:path with a path of at most 10[37] bytes/,
    );
  });

  it("forgets variables of ours that are empty, and no others", () => {
    const environment = { RILL_ADDRESS: "", RILL_HUB: "http://a", RILLE: "", HOME: "" };
    forgetEmptyVariables(environment);
    assert.deepEqual(environment, { RILL_HUB: "http://a", RILLE: "", HOME: "" });
  });

  it("refuses intervals whose shortest is longer than the longest", async () => {
    const problems = await problemsOf({ flags: { "min-heartbeat": "2m", "min-watch-interval": "2m" } });
    assert.equal(problems.length, 2);
  });

  it("refuses a default heartbeat beyond the bounds of those that callers may ask for", async () => {
    assert.deepEqual(await problemsOf({ flags: { "default-heartbeat": "500ms" } }), [
      "--default-heartbeat must not be shorter than --min-heartbeat",
    ]);
    assert.deepEqual(await problemsOf({ flags: { "default-heartbeat": "2m" } }), [
      "--default-heartbeat must not be longer than --max-heartbeat",
    ]);
    const { config } = await read({ flags: { "default-heartbeat": "15s" } });
    assert.equal(config.limits.defaultHeartbeatMs, 15_000);
  });

  it("gives connections as many descriptors as the process can spare, and refuses to promise more", async () => {
    const descriptors = { limit: 1_024, open: 24 };
    const { config } = await read({ descriptors });
    assert.ok(config.connections.max < 1_024 && config.connections.max > 500);
    const [problem = ""] = await problemsOf({ descriptors, flags: { "max-connections": "1000" } });
    assert.match(problem, /^--max-connections 1000 is too many: this process may have 1024 files and sockets open/);
    const { config: few } = await read({ descriptors, flags: { "max-connections": "10" } });
    assert.equal(few.connections.max, 10);
  });

  it("lets calls outlast the age of their connection by the longest generation, unless told otherwise", async () => {
    const longer = await read({ flags: { "max-generation-time": "1h" } });
    assert.equal(longer.config.connections.ageGraceMs, 65 * 60_000);
    const given = await read({ flags: { "max-connection-age-grace": "2m" } });
    assert.equal(given.config.connections.ageGraceMs, 120_000);
  });

  it("reads a list of names, and none", async () => {
    const { config } = await read({ flags: { "admin-hosts": "rill.example.com, rill" } });
    assert.deepEqual(config.adminHosts, ["rill.example.com", "rill"]);
    assert.deepEqual((await read({ flags: { "admin-hosts": "none" } })).config.adminHosts, []);
    const proxies = await read({ environment: { RILL_TRUSTED_PROXY: "10.0.0.0/8,fd00::1,unix" } });
    assert.deepEqual(proxies.config.trustedProxies, ["10.0.0.0/8", "fd00::1", "unix"]);
    assert.deepEqual(await problemsOf({ flags: { "trusted-proxy": "envoy" } }), [
      '--trusted-proxy: "envoy" must be none or addresses, prefixes such as 10.0.0.0/8 and the word unix, separated by commas',
    ]);
    assert.deepEqual(await problemsOf({ flags: { "admin-hosts": "rill,http://x" } }), [
      '--admin-hosts: "rill,http://x" must be none or host names, separated by commas',
    ]);
  });

  it("prints settings that read back to the same values, with the origin of each", async () => {
    const flags = { listen: "[::1]:0", "lane-weights": "5:2", "admin-listen": "off", model: "# odd: name" };
    const first = await read({ flags, environment: { RILL_CREDIT_SIZE: "2KiB" } });
    const printed = printConfig(first.settled);
    assert.match(printed, /^laneWeights: .*# --lane-weights$/m);
    assert.match(printed, /^creditSize: 2KiB +# RILL_CREDIT_SIZE$/m);
    assert.match(printed, /^slots: auto +# default$/m);
    const second = await read({ configPath: await file(printed) });
    assert.deepEqual(second.config, first.config);
    assert.match(printConfig(second.settled), /^slots: auto +# .*rill\.yaml: slots$/m);
  });
});

describe("the tables of settings", () => {
  const settings = [...Object.values(SERVER_SETTINGS), ...Object.values(LIMIT_SETTINGS)];

  it("give every setting a name of its own, in kebab-case, and an explanation", () => {
    const names = settings.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    for (const { name, about } of settings) {
      assert.match(name, /^[a-z]+(-[a-z]+)*$/);
      assert.ok(about.length > 0);
    }
  });

  it("have defaults that are valid values of their own, written and read back", () => {
    for (const setting of settings as readonly (typeof settings)[number][]) {
      const { name, default: value } = setting;
      assert.deepEqual(setting.parse((setting.format as (value: unknown) => string)(value)), value, name);
    }
  });

  it("spell each name for the environment and for YAML", () => {
    assert.equal(environmentNameOf("max-output-tokens"), "RILL_MAX_OUTPUT_TOKENS");
    assert.equal(yamlKeyOf("max-output-tokens"), "maxOutputTokens");
  });
});

describe("the commands for a person", () => {
  it("are those that the person used", () => {
    const inClone = { npm_package_name: "@rill-server/rill", npm_lifecycle_event: "start" };
    const npm = { rill: "npm run -s rill --", serve: "npm start --" };
    assert.deepEqual(ownCommands("/clone/dist/src/cli/launcher.cjs", inClone), npm);
    assert.deepEqual(ownCommands("/x/launcher.cjs", { ...inClone, npm_lifecycle_event: "rill" }), npm);
    const inAnotherPackage = { npm_package_name: "app", npm_lifecycle_event: "start" };
    const npx = { rill: "npx rill", serve: "npx rill serve" };
    assert.deepEqual(ownCommands("/app/node_modules/.bin/rill", inAnotherPackage), npx);
    assert.deepEqual(ownCommands("/usr/bin/rill", {}), { rill: "rill", serve: "rill serve" });
    const node = { rill: "node '/a b/launcher.cjs'", serve: "node '/a b/launcher.cjs' serve" };
    assert.deepEqual(ownCommands("/a b/launcher.cjs", {}), node);
  });
});
