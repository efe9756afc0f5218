import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { Message } from "../../src/core/conversation.js";
import { EQUAL_TENANTS, type TenantPolicies } from "../../src/core/tenant-policy.js";
import { createStore, type PostgresBounds } from "../../src/sessions/link/create-store.js";
import type { Session, Turn } from "../../src/sessions/session.js";
import type { AdmitTurn, CommitTurn, OpenTurn, SessionStore, TurnLease } from "../../src/sessions/session-store.js";
import type { StoreAddress } from "../../src/sessions/link/store-address.js";
import type { StoreQuota } from "../../src/sessions/store-messages.js";
import type { StoreProblem, StoreResult } from "../../src/sessions/store-problem.js";
import type { StoreLimits } from "../../src/sessions/operations/store-work.js";
import { systemClock } from "../../src/sync/clock.js";
import { type Logger, silentLogger } from "../../src/telemetry/logger.js";

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const LIMITS: StoreLimits = { sessions: 50, turns: 40, bytes: 1024 * 1024 };
export const NO_QUOTA: StoreQuota = { sessions: undefined, bytes: undefined };
export const OWNER = "tenant-a";
export const OUTCOME = { finishReason: "end_of_turn", error: undefined, usage: undefined } as const;

/** The time of day that all stores of a test share; it stands still until the test moves it. */
export interface Day {
  nowMs: number;
}

interface OpenOptions {
  readonly day?: Day;
  readonly limits?: Partial<StoreLimits>;
  readonly policies?: TenantPolicies;
  readonly log?: Logger;
  readonly postgres?: PostgresBounds;
}

export function openStore(address: StoreAddress, options: OpenOptions = {}): SessionStore {
  const day = options.day ?? { nowMs: 1_790_000_000_000 };
  return createStore({
    address,
    limits: { ...LIMITS, ...options.limits },
    policies: options.policies ?? EQUAL_TENANTS,
    clock: systemClock,
    wallNowMs: () => day.nowMs,
    log: options.log ?? silentLogger,
    ...(options.postgres === undefined ? {} : { postgres: options.postgres }),
  });
}

export function valueOf<Value>(result: StoreResult<Value>): Value {
  assert.ok(result.ok, JSON.stringify(result));
  return result.value;
}

export function problemOf(result: StoreResult<unknown>): StoreProblem {
  assert.ok(!result.ok, `it went well: ${JSON.stringify(result)}`);
  return result.problem;
}

export function says(content: string): readonly Message[] {
  return [{ role: "user", content }];
}

/** A session of OWNER's, with what the test wants of it. */
export async function begin(
  store: SessionStore,
  given: { owner?: string; messages?: readonly Message[]; labels?: ReadonlyMap<string, string>; idleMs?: number } = {},
): Promise<Session> {
  const { owner = OWNER, messages = [], labels = new Map(), idleMs = 24 * HOUR } = given;
  return valueOf(await store.create({ owner, sessionId: randomUUID(), labels, idleMs, messages }));
}

export function keyOf(session: Session): { owner: string; sessionId: string } {
  return { owner: OWNER, sessionId: session.sessionId };
}

export function openingOf(session: Session, given: Partial<OpenTurn> = {}): OpenTurn {
  return {
    ...keyOf(session),
    expectedRevision: undefined,
    idempotencyKey: undefined,
    messages: says("and then?"),
    ...given,
  };
}

export function admissionOf(session: Session, given: Partial<AdmitTurn> = {}): AdmitTurn {
  return {
    ...keyOf(session),
    revision: session.revision,
    generationId: randomUUID(),
    messages: says("and then?"),
    continues: false,
    idempotency: undefined,
    leaseMs: MINUTE,
    ...given,
  };
}

/** Admits a turn that nobody has asked for before. */
export async function admit(store: SessionStore, session: Session, given: Partial<AdmitTurn> = {}): Promise<TurnLease> {
  const admitted = valueOf(await store.admitTurn(admissionOf(session, given)));
  assert.equal(admitted.type, "admitted");
  return admitted.lease;
}

export function commitOf(lease: TurnLease, given: Partial<CommitTurn> = {}): CommitTurn {
  return { lease, status: "complete", answer: "so it goes", outcome: OUTCOME, record: undefined, ...given };
}

export async function turnsOf(store: SessionStore, session: Session): Promise<readonly Turn[]> {
  const bounds = { afterNumber: 0, maxEntries: 1_000, maxBytes: 64 * 1024 * 1024 };
  return valueOf(await store.listTurns({ ...keyOf(session), ...bounds })).turns;
}

export async function reread(store: SessionStore, session: Session): Promise<Session> {
  return valueOf(await store.get(keyOf(session)));
}

/** For databases that nothing is wrong with. */
export function refuseWarning(text: string): never {
  throw new Error(text);
}
