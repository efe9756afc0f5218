/**
 * Raw frames of an adversary beside an innocent stream, health checks and short calls: each attack, and as many bytes to a process that drops them as its
 * control. The server runs on each supported version of Node, over the scripted engine at a fixed pace; attacker, bystander and sink are processes of
 * their own on the machine's version.
 * Usage: npm run proof:attacks [-- --short] [--node MAJOR]... [--only NAME]... [--rounds N]
 */
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { AskedChild } from "./attacks/asked-child.js";
import type { Attack } from "./attacks/attack.js";
import { AttackRig, holdMs, type Holdings } from "./attacks/attack-rig.js";
import { ATTACKS } from "./attacks/attack-table.js";
import { isAlive, startAttackedServer } from "./attacks/attacked-server.js";
import type { AttackerAnswer, AttackerQuestion } from "./attacks/attacker.js";
import { hasSettled, judgeLone, judgeTrial, type Trial } from "./attacks/judge-attack.js";
import { MemoryPeak } from "./attacks/memory-peak.js";
import { OWN_NODE, type ServerNode, supportedNodes } from "./attacks/server-node.js";
import { percentile } from "../support/percentile.js";
import { announce, type Finding, publish } from "./report.js";

const { values: flags } = parseArgs({
  options: {
    short: { type: "boolean", default: false },
    node: { type: "string", multiple: true },
    only: { type: "string", multiple: true },
    rounds: { type: "string" },
  },
});
const { short } = flags;
const ROUNDS = Number(flags.rounds ?? (short ? 1 : 3));
const QUIET_LIMIT_MS = short ? 10_000 : 60_000;
/** A short run may share its machine, on which the server then finds no idle moment to give memory back. */
const SETTLE_LIMIT_MS = short ? 120_000 : 60_000;
const SETTLE_LOOK_MS = 250;
/** In a short run, which does not judge the pace, this stands in the control's place. */
const IDLE_MS = 100;

const nodes = chosenNodes();
const attacks = ATTACKS.filter(({ name }) => flags.only?.some((part) => name.includes(part)) ?? true);
const findings: Finding[] = [];
for (const node of nodes) await attackServer(node);
publish({
  name: "attacks",
  command: `npm run proof:attacks${short ? " -- --short" : ""}`,
  seed: undefined,
  // A part of it is no report.
  short: short || flags.node !== undefined || flags.only !== undefined,
  findings,
  figures: { nodes: nodes.map(({ version }) => version), rounds: ROUNDS },
});

function chosenNodes(): ServerNode[] {
  if (flags.node === undefined) return short ? [OWN_NODE] : supportedNodes();
  const majors = flags.node.map(Number);
  if (majors.every((major) => major === OWN_NODE.major)) return [OWN_NODE];
  return supportedNodes().filter(({ major }) => majors.includes(major));
}

async function attackServer(node: ServerNode): Promise<void> {
  let rig: AttackRig | undefined;
  try {
    for (const attack of attacks) {
      announce(`Node ${node.version}: ${attack.name}`);
      if (attack.oneSlot === true) {
        note(await attackAlone(node, attack));
        continue;
      }
      rig ??= await AttackRig.start({ node, short });
      const trial = await attackBeside(rig, { version: node.version, attack });
      const judged = judgeTrial(trial);
      note(judged);
      if (judged.every(({ holds, timed }) => holds || timed === true)) continue;
      // What this attack has left behind is not the next one's.
      await rig[Symbol.asyncDispose]();
      rig = undefined;
    }
  } finally {
    await rig?.[Symbol.asyncDispose]();
  }
}

function note(judged: readonly Finding[]): void {
  findings.push(...judged);
  for (const { what, figure, holds } of judged) if (!holds) console.log(`          ${what}: ${figure}`);
}

async function attackBeside(rig: AttackRig, { version, attack }: { version: string; attack: Attack }): Promise<Trial> {
  const floorMs = attack.cost?.unit === "stream" ? await measureFloor(rig, attack) : undefined;
  await rig.prepare(attack);
  await rig.quiet(QUIET_LIMIT_MS);
  const before = await rig.holdings();
  const beforeBytes = rig.residentBytes();
  using peak = new MemoryPeak(() => rig.residentBytes());
  const rounds: Trial["rounds"][number][] = [];
  for (let n = 0; n < Math.min(ROUNDS, attack.rounds ?? ROUNDS) && rig.alive; n += 1) {
    let outcome: AttackerAnswer | undefined;
    const attackPhase = await rig.watch(async () => void (outcome = await rig.attack(attack)));
    if (outcome === undefined) throw new Error("the attack has no outcome");
    const { trace } = outcome;
    if (!short) await rig.quiet(QUIET_LIMIT_MS);
    const control = await rig.watch(() => (short ? delay(IDLE_MS) : rig.replay(trace)));
    rounds.push({ attack: attackPhase, control, outcome });
  }
  const startedAtMs = performance.now();
  const settledMs = (): number => performance.now() - startedAtMs;
  let after: Holdings | undefined;
  do {
    await delay(SETTLE_LOOK_MS);
    after = await rig.holdings();
    if (JSON.stringify(after) === JSON.stringify(before) && hasSettled(beforeBytes, rig.residentBytes())) break;
  } while (settledMs() < SETTLE_LIMIT_MS && rig.alive);
  const residentBytes = { before: beforeBytes, most: peak.bytes, after: rig.residentBytes() };
  return {
    version,
    attack,
    short,
    alive: rig.alive,
    rounds,
    before,
    after,
    residentBytes,
    floorMs,
    settledMs: settledMs(),
  };
}

/** What a stream costs a server that does nothing but refuse it. */
async function measureFloor(rig: AttackRig, attack: Attack): Promise<number> {
  const costsMs: number[] = [];
  for (let n = 0; n < ROUNDS; n += 1) costsMs.push(await rig.floorMs(attack));
  return percentile(costsMs, 0.5);
}

async function attackAlone(node: ServerNode, attack: Attack): Promise<Finding[]> {
  await using server = await startAttackedServer(node, { slots: 1 });
  await using attacker = AskedChild.start(new URL("./attacks/attacker.js", import.meta.url));
  const { address, adminAddress } = server;
  const question: AttackerQuestion = {
    type: "attack",
    ...{ name: attack.name, address, adminAddress, short, serverMajor: node.major, holdMs: holdMs(short) },
  };
  const outcome = (await attacker.ask(question)) as AttackerAnswer;
  return judgeLone(node.version, attack, { alive: isAlive(server), outcome });
}
