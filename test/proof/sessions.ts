/**
 * What a session's caller was told stays true: servers are killed at any moment, on SQLite and on PostgreSQL; two servers share a PostgreSQL, one of them
 * stands still for longer than its lease; and a PostgreSQL goes away and comes back. Clients note all that they are told, and it is held beside what is
 * stored in the end.
 * Usage: npm run proof:sessions [-- --seed N] [-- --short]
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { PostgresServer } from "../sessions/postgres-server.js";
import { createTinyModel } from "../support/tiny-model.js";
import { announce, type Finding, publish } from "./report.js";
import { CrashChain, type CrashChainResult } from "./sessions/crash-chain.js";
import { sufferOutages } from "./sessions/store-outage.js";
import { TwoServers } from "./sessions/two-servers.js";

const { values: flags } = parseArgs({
  options: { short: { type: "boolean", default: false }, seed: { type: "string", default: "1" } },
});
const { short } = flags;
const seed = Number(flags.seed);
/** Chains of servers beside each other: to start a server takes one processor for most of the time. */
const CHAINS = 2;
const SQLITE_KILLS = short ? 16 : 300;
const POSTGRES_KILLS = short ? 4 : 50;
const PAIRS = short ? 1 : 5;
const OUTAGES = short ? 2 : 4;
/** Of the faults that are shown. */
const MOST_SHOWN = 5;

const startedMs = performance.now();
const findings: Finding[] = [];
const figures: Record<string, unknown> = {};
const modelPath = await createTinyModel();
const folder = await mkdtemp(join(tmpdir(), "rill-proof-sessions-"));
await using postgres = await PostgresServer.start();
try {
  await crash("SQLite", SQLITE_KILLS, (chain) => Promise.resolve(`sqlite:${join(folder, `${chain}.db`)}`));
  if (postgres === undefined) {
    findings.push({ what: "PostgreSQL", figure: "is not installed here", bound: "installed", holds: false });
  } else {
    await crash("PostgreSQL", POSTGRES_KILLS, () => postgres.createDatabase());
    await share(postgres);
    await starve(postgres);
  }
} finally {
  await rm(folder, { recursive: true });
}
publish({
  name: "sessions",
  command: `npm run proof:sessions -- --seed ${seed}${short ? " --short" : ""}`,
  seed,
  short,
  findings,
  figures: { ...figures, minutes: Math.round((performance.now() - startedMs) / 6_000) / 10 },
});

async function crash(name: string, kills: number, storeOf: (chain: number) => Promise<string>): Promise<void> {
  announce(`${name}: servers are killed`);
  let done = 0;
  const onKill = (): void => {
    done += 1;
    if (done % 20 === 0) announce(`${done} of ${kills} kills`);
  };
  const chains = Array.from({ length: CHAINS }, async (_, chain) =>
    CrashChain.run({
      store: await storeOf(chain),
      modelPath,
      kills: Math.ceil(kills / CHAINS),
      seed: seed + 1_000 * chain,
      onKill,
    }),
  );
  const results = await Promise.all(chains);
  const { faults, turns, sessions, ...counts } = sumOf(results);
  findings.push({
    what: `${name}: servers killed with SIGKILL under ${JSON.stringify(counts.calls)}; ${turns} turns of ${sessions} sessions held beside what clients were told`,
    figure: `${done} kills, ${faults.length} contradictions${shown(faults)}`,
    bound: `${kills} kills, no contradiction`,
    holds: done >= kills && faults.length === 0,
  });
  figures[name] = { ...counts, turns, sessions };
}

async function share(server: PostgresServer): Promise<void> {
  announce("two servers on one PostgreSQL");
  const result = await TwoServers.run({ store: await server.createDatabase(), modelPath }, PAIRS);
  const { rivals, waited, leasesLost, faults } = result;
  findings.push({
    what: "two servers, one session: pairs of which one runs and the other is SESSION_BUSY; turns that wait for the other server's; turns of a server that stood still past its lease and end with LEASE_LOST",
    figure: `${rivals}, ${waited}, ${leasesLost}; ${faults.length} contradictions${shown(faults)}`,
    bound: `${PAIRS} each, no contradiction`,
    holds: [rivals, waited, leasesLost].every((count) => count === PAIRS) && faults.length === 0,
  });
}

async function starve(server: PostgresServer): Promise<void> {
  announce("PostgreSQL goes away and comes back");
  const result = await sufferOutages({ postgres: server, modelPath, seed, outages: OUTAGES });
  const { refused, stateless, backMs, calls, faults } = result;
  findings.push({
    what: `PostgreSQL stopped ${OUTAGES} times under ${calls} calls of sessions: calls answered STORE_UNAVAILABLE, and calls without a session that went well meanwhile`,
    figure: `${refused.join(", ")}; ${stateless.join(", ")}; ${faults.length} contradictions${shown(faults)}`,
    bound: "some of both in each outage, no contradiction, no other error",
    holds: [...refused, ...stateless].every((count) => count > 0) && faults.length === 0,
  });
  findings.push({
    what: "from PostgreSQL's return to the end of the first turn that was asked for since",
    figure: `${backMs.join(", ")} ms`,
    bound: "at most 10 s",
    holds: backMs.every((ms) => ms <= 10_000),
    timed: true,
  });
}

function sumOf(results: readonly CrashChainResult[]): CrashChainResult {
  const [first, ...others] = results;
  if (first === undefined) throw new Error("no chain ran");
  return others.reduce(
    (sum, next) => ({
      kills: added(sum.kills, next.kills),
      calls: added(sum.calls, next.calls),
      reasons: added(sum.reasons, next.reasons),
      sessions: sum.sessions + next.sessions,
      turns: sum.turns + next.turns,
      faults: [...sum.faults, ...next.faults],
    }),
    first,
  );
}

function added<Counts extends Readonly<Record<string, number>>>(one: Counts, other: Counts): Counts {
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  return Object.fromEntries(names.map((name) => [name, (one[name] ?? 0) + (other[name] ?? 0)])) as Counts;
}

function shown(faults: readonly string[]): string {
  return faults.length === 0 ? "" : `: ${faults.slice(0, MOST_SHOWN).join("; ")}`;
}
