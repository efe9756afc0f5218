/**
 * 40 waves of 120 streams that are cancelled and replaced at once beside three innocent streams: on one connection, and through a real Envoy that puts five callers
 * on one connection. One wave every 4 s on Node 20, whose bound of resets (1,000 in a burst, 33 a second) no option raises; one after another on later versions.
 * Usage: npm run proof:cancel-waves [-- --short] (needs envoy on the PATH, which `.ci/tools envoy` installs)
 */
import { parseArgs } from "node:util";
import { startPathServer } from "../bench/path-server.js";
import { runCancelWaves } from "../support/cancel-waves.js";
import { Envoy } from "../support/envoy.js";
import { TestClient } from "../support/test-client.js";
import { announce, type Finding, publish } from "./report.js";

const { values: flags } = parseArgs({ options: { short: { type: "boolean", default: false } } });
const { short } = flags;
const nodeMajor = Number(process.versions.node.split(".")[0]);
const STREAMS = 120;
const WAVES = short ? 4 : 40;
/** From the end of a wave to the next one. */
const PAUSE_MS = nodeMajor < 22 && !short ? 4_000 : 0;
/** Envoy holds each of its callers' connections to 1,000 resets in a burst, too. */
const ENVOY_CALLERS = 5;

const findings: Finding[] = [];
await using server = await startPathServer({
  slots: 64,
  stepMs: 20,
  flags: { "queue-per-slot": "16", "max-queue-wait": "10m" },
});

await judge("on one connection", server.address, 1);
await using envoy = await Envoy.start({ upstream: server.address });
await judge("through Envoy", envoy.address, ENVOY_CALLERS);
const connections = await envoy.statistic("cluster.rill.upstream_cx_total");
findings.push({
  what: "connections that Envoy opened to the server",
  figure: String(connections),
  bound: "1",
  holds: connections === 1,
});
publish({
  name: `cancel-waves-node-${nodeMajor}`,
  command: `npm run proof:cancel-waves${short ? " -- --short" : ""}`,
  seed: undefined,
  short,
  findings,
});

async function judge(where: string, address: string, callers: number): Promise<void> {
  announce(`${WAVES} waves of ${STREAMS} streams ${where}`);
  const clients = Array.from({ length: callers }, () => new TestClient(address));
  const { innocents, newcomers, broken } = await runCancelWaves({
    clients,
    waves: WAVES,
    streams: STREAMS,
    pauseMs: PAUSE_MS,
  });
  for (const client of clients) client[Symbol.dispose]();
  for (const problem of broken.slice(0, 10)) announce(problem);
  findings.push({
    what: `waves of ${STREAMS} cancelled and replaced streams ${where}`,
    figure: `${newcomers} newcomers and ${innocents} innocent streams ended, ${broken.length} streams were not whole`,
    bound: `${WAVES * STREAMS} newcomers, and every stream whole`,
    holds: broken.length === 0 && newcomers === WAVES * STREAMS,
  });
}
