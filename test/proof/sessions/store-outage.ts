import { setTimeout as delay } from "node:timers/promises";
import { atMost } from "../../rill/turn-scene.js";
import type { PostgresServer } from "../../sessions/postgres-server.js";
import { Random } from "../../support/random.js";
import { ServerProcess } from "../../support/server-process.js";
import { promptRequest, TestClient } from "../../support/test-client.js";
import { judgeHistory } from "./judge-history.js";
import { readStored } from "./read-stored.js";
import { SessionCaller } from "./session-caller.js";
import { SessionLoad } from "./session-load.js";
import { SessionNotes } from "./session-notes.js";
import { launchSessionServer } from "./session-server.js";

const CLIENTS = 4;
const SESSIONS = 2;
const DOWN_MS = 2_000;
const UP_MS = 2_000;

export interface StoreOutageOptions {
  readonly postgres: PostgresServer;
  readonly modelPath: string;
  readonly seed: number;
  readonly outages: number;
}

export interface StoreOutageResult {
  /** Calls answered STORE_UNAVAILABLE, in each outage. */
  readonly refused: readonly number[];
  /** Stateless calls that went well while the store was down, in each outage. */
  readonly stateless: readonly number[];
  /** From the moment that the store is back to the first turn that ends well, in each outage. */
  readonly backMs: readonly number[];
  readonly calls: number;
  readonly faults: readonly string[];
}

/** A server whose PostgreSQL goes away and comes back, while clients go on with turns and with calls that need no store. */
export async function sufferOutages({
  postgres,
  modelPath,
  seed,
  outages,
}: StoreOutageOptions): Promise<StoreOutageResult> {
  const notes = new SessionNotes();
  const store = await postgres.createDatabase();
  await using server = await ServerProcess.of(launchSessionServer({ store, modelPath, turnLease: "5s" }));
  using caller = new SessionCaller(server.address, notes);
  const sessionIds = await Promise.all(Array.from({ length: SESSIONS }, () => caller.create()));
  const over = new AbortController();
  const stateless = new StatelessLoad(server.address);
  const idleId = await caller.create();
  const running = [
    stateless.run(over.signal),
    readOn(caller, idleId, over.signal),
    ...Array.from({ length: CLIENTS }, async (_, n) => {
      using own = new SessionCaller(server.address, notes);
      await new SessionLoad(new Random(seed + n), `${seed}.${n}`).run(own, sessionIds, over.signal);
    }),
  ];
  const unavailable = (): number => notes.reasons.get("STORE_UNAVAILABLE") ?? 0;
  const result = { refused: [] as number[], stateless: [] as number[], backMs: [] as number[] };
  for (let outage = 0; outage < outages; outage += 1) {
    await delay(UP_MS);
    await postgres.down(outage % 2 === 0 ? "SIGINT" : "SIGQUIT");
    const before = { refused: unavailable(), stateless: stateless.done };
    await delay(DOWN_MS);
    result.refused.push(unavailable() - before.refused);
    result.stateless.push(stateless.done - before.stateless);
    await postgres.up();
    result.backMs.push(await untilTurnEnds(notes));
  }
  await delay(UP_MS);
  over.abort();
  await Promise.all(running);
  const sessions = await readStored(caller, [...sessionIds, idleId], notes);
  const calls = notes.take();
  const faults = [...judgeHistory(calls, sessions), ...notes.strange, ...stateless.faults];
  return { ...result, calls: calls.length, faults };
}

/** Reads of a session that no turn waits in: each is told at once that the store is away. */
async function readOn(caller: SessionCaller, sessionId: string, until: AbortSignal): Promise<void> {
  while (!until.aborted) {
    await caller.read(sessionId, false);
    await delay(50);
  }
}

/** @returns how long it took. @throws Error where none does */
async function untilTurnEnds(notes: SessionNotes): Promise<number> {
  const sinceMs = performance.now();
  const isNew = (): boolean =>
    notes.calls.some((call) => call.type === "turn" && call.end.type === "completed" && call.sentMs > sinceMs);
  while (!isNew()) {
    if (performance.now() - sinceMs > 30_000) throw new Error("no turn goes well though the store is back");
    await delay(50);
  }
  return Math.round(performance.now() - sinceMs);
}

/** Generations that are no turn of a session, one after another. */
class StatelessLoad {
  readonly #address: string;
  readonly faults: string[] = [];
  done = 0;

  constructor(address: string) {
    this.#address = address;
  }

  async run(until: AbortSignal): Promise<void> {
    using client = new TestClient(this.#address);
    while (!until.aborted) {
      const request = promptRequest(`call ${this.done}`, atMost(10));
      try {
        await client.generate(request, { deadline: Date.now() + 5_000 });
        this.done += 1;
      } catch (error) {
        this.faults.push(`a call that needs no store failed: ${String(error)}`);
      }
    }
  }
}
