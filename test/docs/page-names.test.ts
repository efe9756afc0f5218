import assert from "node:assert/strict";
import { status as Status } from "@grpc/grpc-js";
import type { Command } from "commander";
import { ERROR_CODES } from "../../src/core/generation-error.js";
import { SERVER_METRICS } from "../../src/admin/server-metrics.js";
import { createBenchCommand } from "../../src/cli/bench/bench.js";
import { createGenerateCommand } from "../../src/cli/generate/generate.js";
import { createPullCommand } from "../../src/cli/pull.js";
import { createServeCommand } from "../../src/cli/serve.js";
import { createSessionsCommand } from "../../src/cli/sessions/sessions.js";
import { createTokenizeCommand } from "../../src/cli/tokenize.js";
import { LIMIT_SETTINGS } from "../../src/settings/limit-settings.js";
import { SERVER_SETTINGS } from "../../src/settings/server-settings.js";
import { environmentNameOf } from "../../src/settings/setting.js";
import { USAGE } from "../bench/bench-arguments.js";
import { readDescriptors } from "../contract/contract-descriptors.js";
import { pageFiles } from "./page-files.js";
import { type PageName, pageNames, readPageNames } from "./page-names.js";

/** Pages whose names are those of earlier releases or of other programs. */
const OTHERS = /^(?:CHANGELOG\.md|src\/|docs\/(?:comparison\.md|experiments\/))/;
const PAGES = pageFiles().filter((page) => !OTHERS.test(page));

/** Flags of other programs that pages mention beside those of Rill. */
const FOREIGN_FLAGS = ["--cache-ram", "--format", "--go_opt", "--omit", "--progress-bar", "--ulimit"];
/** Tables of the store, which look like metrics. */
const TABLES = ["rill_schema", "rill_sessions", "rill_turns"];
/** Words of HTTP/2, of chat templates and of the environment, which look like reasons. */
const FOREIGN_CONSTANTS = [
  "ENHANCE_YOUR_CALM",
  "REFUSED_STREAM",
  "SANITIZE_SET",
  "START_ACTION",
  "START_RESPONSE",
  "START_THINKING",
];
const FOREIGN_VARIABLES = ["MALLOC_ARENA_MAX", "UV_THREADPOOL_SIZE", "XDG_CACHE_HOME", "XDG_DATA_HOME"];

function rillFlags(): ReadonlySet<string> {
  const commands = [
    createServeCommand(),
    createGenerateCommand(),
    createSessionsCommand(),
    createTokenizeCommand(),
    createBenchCommand(),
    createPullCommand({ defaultModelCache: "" }),
  ];
  const flagsOf = ({ options, commands: inner }: Command): readonly string[] => [
    ...options.flatMap(({ long }) => (long === undefined ? [] : [long])),
    ...inner.flatMap(flagsOf),
  ];
  const benchFlags = USAGE.match(/--[a-z][a-z-]*/g) ?? [];
  return new Set(["--help", "--version", ...commands.flatMap(flagsOf), ...benchFlags, ...FOREIGN_FLAGS]);
}

function rillMetrics(): ReadonlySet<string> {
  const names = SERVER_METRICS.flatMap(({ name, kind }) =>
    kind === "histogram" ? [name, ...["bucket", "count", "sum"].map((part) => `${name}_${part}`)] : [name],
  );
  return new Set([...names, ...TABLES]);
}

function rillConstants(): ReadonlySet<string> {
  const settings = [...Object.values(SERVER_SETTINGS), ...Object.values(LIMIT_SETTINGS)].map(({ name }) => name);
  const values = [...readDescriptors()].flatMap((type) => {
    if (type.kind !== "enum") return [];
    const { sharedPrefix = "" } = type;
    // Commands print a value without the name of its enum.
    return type.values.flatMap(({ name }) => [name, name.slice(sharedPrefix.length)]);
  });
  return new Set([
    ...ERROR_CODES,
    "SERVER_LOST",
    environmentNameOf("token"),
    ...Object.keys(Status),
    ...values,
    ...["config", "address", "tls", "ca", "cert", "key", "server-name", ...settings].map(environmentNameOf),
    ...FOREIGN_CONSTANTS,
    ...FOREIGN_VARIABLES,
  ]);
}

function unknown(names: readonly PageName[], known: ReadonlySet<string>): readonly string[] {
  return names.filter(({ name }) => !known.has(name)).map(({ name, place }) => `${place}: ${name}`);
}

describe("The names in the pages", () => {
  const all = PAGES.map(readPageNames);

  it("are flags that a command has", () => {
    const named = all.flatMap(({ flags }) => flags);
    assert.ok(named.length > 20);
    assert.deepEqual(unknown(named, rillFlags()), []);
  });

  it("are metrics that the server shows", () => {
    const named = all.flatMap(({ metrics }) => metrics);
    assert.ok(named.length > 0);
    assert.deepEqual(unknown(named, rillMetrics()), []);
  });

  it("are reasons, statuses, values of the contract and environment variables that there are", () => {
    const named = all.flatMap(({ constants }) => constants);
    assert.ok(named.length > 50);
    assert.deepEqual(unknown(named, rillConstants()), []);
  });

  it("are found outside code blocks, each with its line", () => {
    const text = ["`--slots 4` and rill_slots", "", "```sh", "x --other rill_other OTHER_NAME", "```", "QUEUE_FULL"];
    assert.deepEqual(pageNames("a.md", text.join("\n")), {
      flags: [{ name: "--slots", place: "a.md:1" }],
      metrics: [{ name: "rill_slots", place: "a.md:1" }],
      constants: [{ name: "QUEUE_FULL", place: "a.md:6" }],
    });
  });
});
