/**
 * The attack of proof:tenants with fewer tries on the real engine, in a real process with a tenants file. Its figures are reported, and the machine's pace
 * decides how clear they are. Usage: npm run proof:tenants-real [-- --short]
 */
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import * as grpc from "@grpc/grpc-js";
import { defaultModelPath } from "../support/default-model.js";
import { Random } from "../support/random.js";
import { ServerProcess } from "../support/server-process.js";
import { callsWith } from "../support/test-tenants.js";
import { publish } from "./report.js";
import { AttackParties, newText } from "./tenants/attack-parties.js";
import { AttackFindings } from "./tenants/attack-findings.js";

const { values: flags } = parseArgs({ options: { short: { type: "boolean", default: false } } });
const SEED = 22;
const TRIES = flags.short ? 5 : 50;
const PROMPT_WORDS = 40;
const KEYS = { victim: "key-of-the-victim-0123456789", attacker: "key-of-the-attacker-0123456789" };

const random = new Random(SEED);
const found = new AttackFindings({ short: flags.short, random });
for (const sharing of ["tenant", "all"] as const) await attack(sharing);
publish({
  name: "tenants-real",
  command: `npm run proof:tenants-real${flags.short ? " -- --short" : ""}`,
  seed: SEED,
  short: flags.short,
  findings: found.findings,
  figures: found.figures,
});

async function attack(sharedPrefixes: "tenant" | "all"): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "rill-tenants-"));
  try {
    const path = join(folder, "tenants.yaml");
    await writeFile(path, tenantsFile());
    const served = ["--model", await defaultModelPath(), "--slots", "4", "--context-tokens", "1024"];
    const tenants = ["--tenants", path, "--shared-prefixes", sharedPrefixes];
    await using server = await ServerProcess.start({ flags: [...served, ...tenants] });
    using parties = new AttackParties(server.address, { victim: bearer(KEYS.victim), attacker: bearer(KEYS.attacker) });
    await found.run({
      what: `real engine, --shared-prefixes ${sharedPrefixes}: a prompt, afterwards`,
      tries: TRIES,
      tells: sharedPrefixes === "all",
      timed: true,
      attack: { newGuess: () => newText(random, PROMPT_WORDS), ...parties.afterwards },
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

function tenantsFile(): string {
  const tenants = Object.entries(KEYS).map(([tenant, key]) => {
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
