/**
 * A tenant can't tell by the time to the first token what another tenant has sent. A victim sends a prompt or a schema, and an attacker of another tenant
 * tries the same one or, as often, one that nobody has sent. The figure is the area under the curve (AUC) by which the times tell the two apart: 0.5 is
 * blind guessing, and 1 is certainty. Scripted engine with a prefill that takes time, real server; and the real engine with fewer tries.
 * Usage: npm run proof:tenants [-- --short]
 */
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import * as grpc from "@grpc/grpc-js";
import { defaultModelPath } from "../support/default-model.js";
import { endPreparers } from "../support/leased-preparers.js";
import { percentile } from "../support/percentile.js";
import { Random } from "../support/random.js";
import { ServerProcess } from "../support/server-process.js";
import { TestServer } from "../support/test-server.js";
import { callsOf, callsWith, identifyByWords } from "../support/test-tenants.js";
import { announce, type Finding, publish } from "./report.js";
import { AttackParties, newPrompt, newSchema, newText } from "./tenants/attack-parties.js";
import { type Attack, type AttackOutcome, runAttack } from "./tenants/timing-attack.js";

const { values: flags } = parseArgs({ options: { short: { type: "boolean", default: false } } });
const SEED = 22;
const TRIES = flags.short ? 100 : 1_000;
const MORE_TRIES = flags.short ? 100 : 300;
const REAL_TRIES = 50;
const PROMPT_TOKENS = 256;
const PROMPT_WORDS = 120;
/** The distance from 0.5 that blind guessing stays within: four standard deviations, and 0.05 for 1,000 tries. */
const blindness = (tries: number): number => (tries >= 1_000 ? 0.05 : 4 * Math.sqrt(1 / (6 * tries)));
const TOLD = flags.short ? 0.8 : 0.9;
/** The letters of random prompts are the same now and then, and an attacker reuses that much of its own. */
const COINCIDENCE = 8;

type Sharing = "tenant" | "all";

interface Trial {
  readonly what: string;
  readonly tries: number;
  /** Whether the times may tell. */
  readonly tells: boolean;
  readonly attack: Pick<Attack, "victimSends" | "attackerTries" | "newGuess">;
}

const random = new Random(SEED);
const findings: Finding[] = [];
const figures: object[] = [];

for (const sharing of ["tenant", "all"] as const) await attackScripted(sharing);
await endPreparers();
if (!flags.short) for (const sharing of ["tenant", "all"] as const) await attackReal(sharing);
publish({
  name: "tenants",
  command: `npm run proof:tenants${flags.short ? " -- --short" : ""}`,
  seed: SEED,
  short: flags.short,
  findings,
  figures,
});

async function attackScripted(sharedPrefixes: Sharing): Promise<void> {
  const engine = { sequences: 8, stepMs: 1, prefillTokensPerStep: 16 };
  await using server = await TestServer.start({ identify: identifyByWords, sharedPrefixes, engine });
  const clients = { victim: callsOf("victim"), attacker: callsOf("attacker") };
  using parties = new AttackParties(server.address, clients);
  using insiders = new AttackParties(server.address, { ...clients, attacker: callsOf("victim") });
  const newGuess = (): ReturnType<typeof newPrompt> => newPrompt(random, PROMPT_TOKENS);
  const schemas = { newGuess: () => newSchema(random) };
  const tells = sharedPrefixes === "all";
  const where = `scripted engine, --shared-prefixes ${sharedPrefixes}`;
  await run({
    what: `${where}: a prompt, afterwards`,
    tries: TRIES,
    tells,
    attack: { newGuess, ...parties.afterwards },
  });
  await run({
    what: `${where}: a prompt, meanwhile`,
    tries: MORE_TRIES,
    tells,
    attack: { newGuess, ...parties.meanwhile },
  });
  if (tells) return;
  await run({
    what: `${where}: a schema`,
    tries: MORE_TRIES,
    tells: false,
    attack: { ...schemas, ...parties.acceptance },
  });
  await run({
    what: `${where}: a schema, tried within the victim's own tenant`,
    tries: MORE_TRIES,
    tells: true,
    attack: { ...schemas, ...insiders.acceptance },
  });
}

async function attackReal(sharedPrefixes: Sharing): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "rill-tenants-"));
  try {
    const keys = { victim: "key-of-the-victim-0123456789", attacker: "key-of-the-attacker-0123456789" };
    const path = join(folder, "tenants.yaml");
    await writeFile(path, tenantsFile(keys));
    const served = ["--model", await defaultModelPath(), "--slots", "4", "--context-tokens", "1024"];
    const tenants = ["--tenants", path, "--shared-prefixes", sharedPrefixes];
    await using server = await ServerProcess.start({ flags: [...served, ...tenants] });
    const clients = { victim: bearer(keys.victim), attacker: bearer(keys.attacker) };
    using parties = new AttackParties(server.address, clients);
    await run({
      what: `real engine, --shared-prefixes ${sharedPrefixes}: a prompt, afterwards`,
      tries: REAL_TRIES,
      tells: sharedPrefixes === "all",
      attack: { newGuess: () => newText(random, PROMPT_WORDS), ...parties.afterwards },
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

function tenantsFile(keys: Readonly<Record<string, string>>): string {
  const tenants = Object.entries(keys).map(([tenant, key]) => {
    const sha256 = createHash("sha256").update(key).digest("hex");
    return `  ${tenant}:\n    keys:\n      - name: ${tenant}\n        sha256: ${sha256}\n`;
  });
  return `tenants:\n${tenants.join("")}`;
}

function bearer(key: string): grpc.ClientOptions {
  const metadata = new grpc.Metadata();
  metadata.set("authorization", `Bearer ${key}`);
  return callsWith(metadata);
}

async function run({ what, tries, tells, attack }: Trial): Promise<void> {
  announce(`${what}, ${tries} against ${tries} tries`);
  const outcome = await runAttack({ ...attack, tries, random });
  const { auc, mostReused } = outcome;
  const [least, most] = [0.5 - blindness(tries), 0.5 + blindness(tries)];
  findings.push({
    what: `${what}: AUC of the times of ${tries} tries at what the victim sent against ${tries} at what nobody sent`,
    figure: `${auc.toFixed(3)}; ${medians(outcome)}; at most ${mostReused} input tokens reused`,
    bound: tells
      ? `at least ${TOLD}`
      : `${least.toFixed(2)} to ${most.toFixed(2)}, and no more than ${COINCIDENCE} tokens reused`,
    holds: tells ? auc >= TOLD : auc >= least && auc <= most && mostReused <= COINCIDENCE,
  });
  figures.push({ what, tries, auc, mostReused, sentMs: spread(outcome.sentMs), unsentMs: spread(outcome.unsentMs) });
}

function medians({ sentMs, unsentMs }: AttackOutcome): string {
  return `median ${percentile(sentMs, 0.5).toFixed(1)} ms against ${percentile(unsentMs, 0.5).toFixed(1)} ms`;
}

function spread(timesMs: readonly number[]): object {
  const at = (share: number): number => Math.round(100 * percentile(timesMs, share)) / 100;
  return { p5: at(0.05), p50: at(0.5), p95: at(0.95) };
}
