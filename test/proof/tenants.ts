/**
 * A tenant can't tell by the time to the first token what another tenant has sent. A victim sends a prompt or a schema, and an attacker of another tenant
 * tries the same one or, as often, one that nobody has sent. The figure is the area under the curve (AUC) by which the times tell the two apart: 0.5 is
 * blind guessing, and 1 is certainty. Scripted engine with a prefill that takes time, and a real server; proof:tenants-real has the real engine.
 * Usage: npm run proof:tenants [-- --short]
 */
import { parseArgs } from "node:util";
import { endPreparers } from "../support/leased-preparers.js";
import { Random } from "../support/random.js";
import { TestServer } from "../support/test-server.js";
import { callsOf, identifyByWords } from "../support/test-tenants.js";
import { publish } from "./report.js";
import { AttackParties, newPrompt, newSchema } from "./tenants/attack-parties.js";
import { AttackFindings } from "./tenants/attack-findings.js";

const { values: flags } = parseArgs({ options: { short: { type: "boolean", default: false } } });
const SEED = 22;
const TRIES = flags.short ? 100 : 1_000;
const MORE_TRIES = flags.short ? 100 : 300;
const PROMPT_TOKENS = 256;

const random = new Random(SEED);
const found = new AttackFindings({ short: flags.short, random });
for (const sharing of ["tenant", "all"] as const) await attackPrompts(sharing);
await attackSchemas();
await endPreparers();
publish({
  name: "tenants",
  command: `npm run proof:tenants${flags.short ? " -- --short" : ""}`,
  seed: SEED,
  short: flags.short,
  findings: found.findings,
  figures: found.figures,
});

async function attackPrompts(sharedPrefixes: "tenant" | "all"): Promise<void> {
  const engine = { sequences: 8, stepMs: 1, prefillTokensPerStep: 16 };
  await using server = await TestServer.start({ identify: identifyByWords, sharedPrefixes, engine });
  using parties = new AttackParties(server.address, { victim: callsOf("victim"), attacker: callsOf("attacker") });
  const newGuess = (): ReturnType<typeof newPrompt> => newPrompt(random, PROMPT_TOKENS);
  const where = `scripted engine, --shared-prefixes ${sharedPrefixes}`;
  const tells = sharedPrefixes === "all";
  const afterwards = { newGuess, ...parties.afterwards };
  await found.run({ what: `${where}: a prompt, afterwards`, tries: TRIES, tells, attack: afterwards });
  const meanwhile = { newGuess, ...parties.meanwhile };
  await found.run({ what: `${where}: a prompt, meanwhile`, tries: MORE_TRIES, tells, attack: meanwhile });
}

/** The attack on compiled grammars, and the same by a caller of the victim's own tenant, who can tell. */
async function attackSchemas(): Promise<void> {
  await using server = await TestServer.start({ identify: identifyByWords });
  for (const attacker of ["attacker", "victim"]) {
    using parties = new AttackParties(server.address, { victim: callsOf("victim"), attacker: callsOf(attacker) });
    const who = attacker === "victim" ? "within the victim's own tenant" : "by another tenant";
    const attack = { newGuess: () => newSchema(random), ...parties.acceptance };
    await found.run({ what: `a schema, tried ${who}`, tries: MORE_TRIES, tells: attacker === "victim", attack });
  }
}
