/**
 * Tenants share the work of the real engine by their weights: four tenants with two callers each beside one with 64, and tenants of weights 4 : 2 : 1 : 1.
 * Usage: npm run proof:tenants-fair [-- --short]
 */
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { InterceptingCall, type Interceptor } from "@grpc/grpc-js";
import { Deferred } from "../../src/sync/deferred.js";
import { defaultModelPath } from "../support/default-model.js";
import { Random } from "../support/random.js";
import { RuntimeClient, type StreamMessage } from "../support/runtime-client.js";
import { ServerProcess } from "../support/server-process.js";
import { jainIndex } from "../support/tenant-play.js";
import { announce, type Finding, publish } from "./report.js";

const { values: flags } = parseArgs({ options: { short: { type: "boolean", default: false } } });
const SEED = 22;
const SLOTS = 8;
/** The work before it is counted, and the work that is counted, in prefilled tokens. It takes as long as the machine needs. */
const WARM_UP_WORK = flags.short ? 2_000 : 8_000;
const COUNTED_WORK = flags.short ? 6_000 : 60_000;
const RETRY_MS = 500;

interface ProofTenant {
  readonly name: string;
  readonly key: string;
  readonly weight: number;
  readonly callers: number;
}

const random = new Random(SEED);
const findings: Finding[] = [];
const figures: Record<string, unknown> = {};
await play("crowd", [tenant("greedy", 1, 64), ...["ada", "bea", "cyd", "dov"].map((name) => tenant(name, 1, 2))]);
await play(
  "weights",
  [4, 2, 1, 1].map((weight, index) => tenant(`tenant-${index + 1}`, weight, 8)),
);
publish({
  name: "tenants-fair",
  command: `npm run proof:tenants-fair${flags.short ? " -- --short" : ""}`,
  seed: SEED,
  short: flags.short,
  findings,
  figures,
});

function tenant(name: string, weight: number, callers: number): ProofTenant {
  return { name, key: randomBytes(24).toString("base64url"), weight, callers };
}

/** Lets the callers call one after another, and compares the work that the tenants were given. */
async function play(name: "crowd" | "weights", tenants: readonly ProofTenant[]): Promise<void> {
  announce(name);
  const folder = mkdtempSync(join(tmpdir(), "rill-tenants-"));
  const path = join(folder, "tenants.yaml");
  writeFileSync(path, tenantsFile(tenants));
  await using server = await ServerProcess.start({
    flags: [
      ...["--model", await defaultModelPath(), "--slots", String(SLOTS), "--context-tokens", "512"],
      ...["--queue-per-slot", "32", "--max-queue-wait", "1h", "--tenants", path],
    ],
  });
  const work = new Map(tenants.map((each) => [each.name, 0]));
  const warm = new Deferred<void>();
  const done = new Deferred<void>();
  let given = 0;
  let isOver = false;
  const callers = tenants.flatMap((each) => {
    const count = (tokens: number): void => {
      given += tokens;
      if (given < WARM_UP_WORK || isOver) return;
      warm.resolve();
      work.set(each.name, (work.get(each.name) ?? 0) + tokens);
      if (given >= WARM_UP_WORK + COUNTED_WORK) done.resolve();
    };
    return Array.from({ length: each.callers }, () =>
      keepCalling(server.address, each, { count, isOver: () => isOver }),
    );
  });
  await warm.promise;
  announce(`${name}: counting`);
  await done.promise;
  isOver = true;
  await server[Symbol.asyncDispose]();
  await Promise.all(callers);
  rmSync(folder, { recursive: true });
  const shares = tenants.map(({ name: each, weight }) => (work.get(each) ?? 0) / weight);
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  const jain = jainIndex(shares);
  figures[name] = Object.fromEntries(work);
  findings.push({
    what: `Jain's index of the work for its weight, ${tenants.map(({ weight }) => weight).join(" : ")}`,
    figure: jain.toFixed(4),
    bound: "at least 0.98",
    holds: jain >= 0.98,
  });
  if (name !== "crowd") return;
  const others = shares.slice(1).map((share) => share / mean);
  const least = Math.min(...others);
  const most = Math.max(...others);
  findings.push({
    what: "work of four tenants with two callers each beside one with 64, to their fair share",
    figure: `${(100 * least).toFixed(1)} to ${(100 * most).toFixed(1)} %`,
    bound: "90 to 110 %",
    holds: least >= 0.9 && most <= 1.1,
  });
}

function tenantsFile(tenants: readonly ProofTenant[]): string {
  const entry = ({ name, weight, key }: ProofTenant): string => {
    const hash = createHash("sha256").update(key).digest("hex");
    return `  ${name}:\n    weight: ${weight}\n    keys:\n      - name: proof\n        sha256: ${hash}\n`;
  };
  return `tenants:\n${tenants.map(entry).join("")}`;
}

/** One caller: one generation after another on a connection of its own. A refused call is repeated. */
async function keepCalling(
  address: string,
  { name, key }: ProofTenant,
  { count, isOver }: { count: (tokens: number) => void; isOver: () => boolean },
): Promise<void> {
  using client = new RuntimeClient(address, { interceptors: [withKey(key)] });
  while (!isOver()) {
    try {
      const stream = client.generateStream({
        prompt: `${name} ${random.next()}: ${"once upon a time ".repeat(1 + Math.floor(random.below(8)))}`,
        stopping: { max_output_tokens: 16 + Math.floor(random.below(64)), ignore_end_of_generation: true },
      });
      let inputTokens = 0;
      for await (const message of stream as AsyncIterable<StreamMessage>) {
        if (message.event === "accepted") inputTokens = message.accepted?.input_tokens ?? 0;
        if (message.event !== "chunk") continue;
        count(inputTokens + 2 * (message.chunk?.token_count ?? 0));
        inputTokens = 0;
      }
    } catch {
      // The queue has no room for more of the tenant's calls, or the server has ended.
      await sleep(RETRY_MS);
    }
  }
}

function withKey(key: string): Interceptor {
  return (options, nextCall) =>
    new InterceptingCall(nextCall(options), {
      start: (metadata, listener, next) => {
        metadata.set("authorization", `Bearer ${key}`);
        next(metadata, listener);
      },
    });
}
