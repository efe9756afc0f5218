import { randomUUID } from "node:crypto";
import { monitorEventLoopDelay } from "node:perf_hooks";
import Database from "better-sqlite3";
import { DEFAULT_LIMITS } from "../../src/core/limits.js";
import { EQUAL_TENANTS } from "../../src/core/tenant-policy.js";
import { createStore } from "../../src/sessions/link/create-store.js";
import type { SessionStore } from "../../src/sessions/session-store.js";
import type { StoreResult } from "../../src/sessions/store-problem.js";
import { systemClock } from "../../src/sync/clock.js";
import { silentLogger } from "../../src/telemetry/logger.js";

const OWNER = "";
const DAY_MS = 24 * 60 * 60_000;
const ANSWER = "a stored answer of some length ".repeat(10);
const MESSAGES = [{ role: "user", content: "a question of some length ".repeat(6) }] as const;

/** The store as the server has it, on a SQLite file. */
export function openSqliteStore(path: string): SessionStore {
  const { sessions, sessionTurns: turns, sessionBytes: bytes } = DEFAULT_LIMITS;
  return createStore({
    address: { type: "sqlite", path },
    limits: { sessions, turns, bytes },
    policies: EQUAL_TENANTS,
    clock: systemClock,
    wallNowMs: Date.now,
    log: silentLogger,
  });
}

/** What one turn took of the store, in ms. */
interface TurnTimes {
  /** Read, and stored with its messages. */
  readonly openMs: number;
  /** Stored with its answer. */
  readonly commitMs: number;
}

export interface StoreLoad {
  readonly turns: readonly TurnTimes[];
  /** The longest that the event loop did not come round, in ms, while the store was used, and for as long without it. */
  readonly stallMs: number;
  readonly idleStallMs: number;
}

/** So many turns one after another, each `pauseMs` after the one before, in sessions of a few turns. */
export async function playTurns(
  store: SessionStore,
  { count, pauseMs }: { count: number; pauseMs: number },
): Promise<StoreLoad> {
  const turns: TurnTimes[] = [];
  const idleStallMs = await longestStall(() => pause(count * pauseMs));
  const stallMs = await longestStall(async () => {
    let sessionId = await createSession(store);
    for (let turn = 0; turn < count; turn += 1) {
      if (turn % 8 === 7) sessionId = await createSession(store);
      await pause(pauseMs);
      turns.push(await playTurn(store, sessionId));
    }
  });
  return { turns, stallMs, idleStallMs };
}

/** Fills a store's file with sessions of four turns, by SQL: through the store each would be made durable by itself. */
export async function fillStore(path: string, sessions: number): Promise<void> {
  const store = openSqliteStore(path);
  const template = await createSession(store);
  for (let turn = 0; turn < 4; turn += 1) await playTurn(store, template);
  await store[Symbol.asyncDispose]();
  const db = new Database(path);
  const columns = (table: string): string =>
    (db.pragma(`table_info(${table})`) as { name: string }[])
      .map(({ name }) => name)
      .filter((name) => name !== "session_id")
      .join();
  const copy = (table: string): string =>
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${sessions})
     INSERT INTO ${table} (session_id, ${columns(table)})
     SELECT 'ses_' || i, ${columns(table)} FROM n, ${table} WHERE session_id = '${template}'`;
  db.exec(
    `BEGIN; ${copy("rill_sessions")}; ${copy("rill_turns")}; UPDATE rill_owners SET sessions = ${sessions + 1}; COMMIT`,
  );
  db.close();
}

async function createSession(store: SessionStore): Promise<string> {
  const sessionId = randomUUID();
  valueOf(await store.create({ owner: OWNER, sessionId, labels: new Map(), idleMs: DAY_MS, messages: [] }));
  return sessionId;
}

async function playTurn(store: SessionStore, sessionId: string): Promise<TurnTimes> {
  const startedAtMs = performance.now();
  const key = { owner: OWNER, sessionId };
  const opened = valueOf(
    await store.openTurn({ ...key, expectedRevision: undefined, idempotencyKey: undefined, messages: MESSAGES }),
  );
  if (opened.type !== "open") throw new Error("a turn could not be opened");
  const admitted = valueOf(
    await store.admitTurn({
      ...key,
      revision: opened.session.revision,
      generationId: randomUUID(),
      messages: MESSAGES,
      continues: false,
      idempotency: undefined,
      leaseMs: DEFAULT_LIMITS.turnLeaseMs,
    }),
  );
  if (admitted.type !== "admitted") throw new Error("a turn was not admitted");
  const openMs = performance.now() - startedAtMs;
  const outcome = { finishReason: "end_of_turn", error: undefined, usage: undefined } as const;
  const endedAtMs = performance.now();
  valueOf(
    await store.commitTurn({ lease: admitted.lease, status: "complete", answer: ANSWER, outcome, record: undefined }),
  );
  return { openMs, commitMs: performance.now() - endedAtMs };
}

/** Beyond the millisecond that the watch itself takes. */
async function longestStall(work: () => Promise<void>): Promise<number> {
  const watch = monitorEventLoopDelay({ resolution: 1 });
  watch.enable();
  await work();
  watch.disable();
  return watch.max / 1e6 - 1;
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

function valueOf<Value>(result: StoreResult<Value>): Value {
  if (!result.ok) throw new Error(`the store failed: ${JSON.stringify(result.problem)}`);
  return result.value;
}
