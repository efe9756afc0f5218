import type { Message } from "../../src/core/conversation.js";
import type { Session, SessionKey, Turn } from "../../src/sessions/session.js";
import type * as asked from "../../src/sessions/session-store.js";
import type { StoreProblem, StoreResult } from "../../src/sessions/store-problem.js";
import type { StoreLimits } from "../../src/sessions/operations/store-work.js";
import type { Day } from "./store-rig.js";

interface ModelTurn {
  turn: Turn;
  fence: number | undefined;
  idempotency: asked.TurnIdempotency | undefined;
  record: string | undefined;
}

interface ModelSession {
  readonly owner: string;
  session: Session;
  turns: ModelTurn[];
  fence: number;
  leaseUntilMs: number;
}

const NOT_FOUND = { type: "session_not_found" } as const;
const FENCED_OUT = { type: "fenced_out" } as const;

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

/**
 * The answers that a store has to give, in the plainest form: everything in arrays, one call after another. It leaves out lists, limits of bytes and
 * the counts of sweeps.
 */
export class ModelStore {
  readonly #sessions = new Map<string, ModelSession>();
  readonly #limits: StoreLimits;
  readonly #day: Day;

  constructor(limits: StoreLimits, day: Day) {
    this.#limits = limits;
    this.#day = day;
  }

  create({ owner, sessionId, labels, idleMs, messages }: asked.CreateSession): StoreResult<Session> {
    if (this.#count(owner) >= this.#limits.sessions) return this.#tooMany();
    const turns = messages.length === 0 ? [] : [this.#appended({ number: 1, revision: 1, messages })];
    return ok(this.#add({ owner, sessionId, labels, idleMs, turns }));
  }

  get(key: SessionKey): StoreResult<Session> {
    const found = this.#find(key);
    return found === undefined ? failed(NOT_FOUND) : ok(found.session);
  }

  update({ expectedRevision, labels, idleMs, ...key }: asked.UpdateSession): StoreResult<Session> {
    const found = this.#lock(key);
    if (found === undefined) return failed(NOT_FOUND);
    const conflict = conflictOf(found, expectedRevision, false);
    if (conflict !== undefined) return failed(conflict);
    const { session } = found;
    return ok(this.#change(found, { labels: labels ?? session.labels, idleMs: idleMs ?? session.idleMs }));
  }

  append({ expectedRevision, messages, ...key }: asked.AppendMessages): StoreResult<Session> {
    const found = this.#lock(key);
    if (found === undefined) return failed(NOT_FOUND);
    const problem = conflictOf(found, expectedRevision, true) ?? this.#excessOf(found);
    if (problem !== undefined) return failed(problem);
    const number = found.session.turns + 1;
    found.turns.push(this.#appended({ number, revision: found.session.revision + 1, messages }));
    return ok(this.#change(found, { turns: number, bytes: found.session.bytes + bytesOf(messages) }));
  }

  fork({ forkId, atTurn, labels, ...key }: asked.ForkSession): StoreResult<Session> {
    const found = this.#lock(key);
    if (found === undefined) return failed(NOT_FOUND);
    const { running, turns } = found.session;
    const at = atTurn ?? (running === undefined ? turns : running.number - 1);
    if (at > turns) return failed({ type: "turn_not_found", turns });
    if (running !== undefined && at >= running.number) {
      return failed({ type: "busy", generationId: running.generationId });
    }
    if (this.#count(key.owner) >= this.#limits.sessions) return this.#tooMany();
    const copied = found.turns.slice(0, at).map(({ turn }) => ({
      turn: { ...turn, revision: 1, endRevision: 1 },
      fence: undefined,
      idempotency: undefined,
      record: undefined,
    }));
    const { idleMs } = found.session;
    return ok(
      this.#add({ owner: key.owner, sessionId: forkId, labels: labels ?? found.session.labels, idleMs, turns: copied }),
    );
  }

  delete({ expectedRevision, ...key }: asked.DeleteSession): StoreResult<undefined> {
    const found = this.#lock(key);
    if (found === undefined) return failed(NOT_FOUND);
    const conflict = conflictOf(found, expectedRevision, true);
    if (conflict !== undefined) return failed(conflict);
    this.#sessions.delete(key.sessionId);
    return ok(undefined);
  }

  openTurn({ expectedRevision, idempotencyKey, ...key }: asked.OpenTurn): StoreResult<asked.OpenedTurn> {
    const found = this.#lock(key);
    if (found === undefined) return failed(NOT_FOUND);
    const repeated = found.turns.find(
      ({ idempotency }) => idempotency !== undefined && idempotency.key === idempotencyKey,
    );
    if (repeated !== undefined) return ok(toRepeated(repeated));
    const conflict = conflictOf(found, expectedRevision, true);
    if (conflict !== undefined) return failed(conflict);
    return ok({ type: "open", session: found.session, history: found.turns.map(({ turn }) => turn) });
  }

  admitTurn(request: asked.AdmitTurn): StoreResult<asked.AdmittedTurn> {
    const { idempotency, generationId, revision, messages, continues, owner, sessionId } = request;
    const found = this.#lock(request);
    if (found === undefined) return failed(NOT_FOUND);
    const repeated = found.turns.find(
      (turn) => turn.idempotency !== undefined && turn.idempotency.key === idempotency?.key,
    );
    if (repeated !== undefined) return ok(toRepeated(repeated));
    const last = found.turns.at(-1)?.turn.status ?? "appended";
    const problem =
      conflictOf(found, revision, true) ??
      (continues && ["appended", "complete"].includes(last) ? ({ type: "nothing_to_continue" } as const) : undefined) ??
      this.#excessOf(found);
    if (problem !== undefined) return failed(problem);
    const number = found.session.turns + 1;
    const { turn } = this.#appended({ number, revision: revision + 1, messages });
    found.fence++;
    found.leaseUntilMs = this.#day.nowMs + request.leaseMs;
    const started = { status: "running", continues, generationId, endRevision: undefined, endedMs: undefined } as const;
    found.turns.push({ turn: { ...turn, ...started }, fence: found.fence, idempotency, record: undefined });
    const running = { number, generationId };
    this.#change(found, { turns: number, bytes: found.session.bytes + bytesOf(messages), running });
    const lease = { owner, sessionId, turnNumber: number, fence: found.fence };
    return ok({ type: "admitted", lease, revision: revision + 1 });
  }

  renewLease({ lease, leaseMs, answer }: asked.RenewLease): StoreResult<undefined> {
    const found = this.#find(lease);
    const held = found?.turns[lease.turnNumber - 1];
    if (found === undefined || held?.turn.status !== "running" || held.fence !== lease.fence) return failed(FENCED_OUT);
    found.leaseUntilMs = this.#day.nowMs + leaseMs;
    found.session = { ...found.session, usedMs: this.#day.nowMs };
    if (answer !== undefined) held.turn = { ...held.turn, answer };
    return ok(undefined);
  }

  commitTurn({ lease, status, answer, outcome, record }: asked.CommitTurn): StoreResult<asked.CommittedTurn> {
    const found = this.#find(lease);
    const held = found?.turns[lease.turnNumber - 1];
    if (found === undefined || held?.fence !== lease.fence) return failed(FENCED_OUT);
    if (held.turn.endRevision === undefined) {
      held.turn = { ...held.turn, status, answer, outcome };
      held.record = record;
      this.#end(found, held);
    }
    return ok({ revision: held.turn.endRevision ?? 0 });
  }

  /** Deletes the expired sessions, and ends the turns whose lease has run out. */
  sweep(): void {
    for (const [sessionId, { owner }] of this.#sessions) {
      if (this.#lock({ owner, sessionId }) === undefined) this.#sessions.delete(sessionId);
    }
  }

  turnsOf(key: SessionKey): readonly Turn[] {
    return this.#find(key)?.turns.map(({ turn }) => turn) ?? [];
  }

  #find({ owner, sessionId }: SessionKey): ModelSession | undefined {
    const found = this.#sessions.get(sessionId);
    if (found?.owner !== owner) return undefined;
    const { running, usedMs, idleMs } = found.session;
    return running === undefined && usedMs + idleMs <= this.#day.nowMs ? undefined : found;
  }

  #lock(key: SessionKey): ModelSession | undefined {
    const found = this.#find(key);
    const { running } = found?.session ?? {};
    if (found === undefined || running === undefined || found.leaseUntilMs > this.#day.nowMs) return found;
    const lost = found.turns[running.number - 1];
    if (lost === undefined) throw new Error("no such turn");
    const outcome = { finishReason: undefined, error: "SERVER_LOST", usage: undefined } as const;
    lost.turn = { ...lost.turn, status: "failed", outcome };
    lost.fence = ++found.fence;
    this.#end(found, lost);
    return found;
  }

  #end(found: ModelSession, held: ModelTurn): void {
    held.turn = { ...held.turn, endRevision: found.session.revision + 1, endedMs: this.#day.nowMs };
    this.#change(found, { bytes: found.session.bytes + bytesOf(held.turn.answer), running: undefined });
  }

  #change(found: ModelSession, changes: Partial<Session>): Session {
    found.session = { ...found.session, ...changes, revision: found.session.revision + 1, usedMs: this.#day.nowMs };
    return found.session;
  }

  #add(given: Pick<Session, "sessionId" | "labels" | "idleMs"> & { owner: string; turns: ModelTurn[] }): Session {
    const { owner, turns, ...named } = given;
    const bytes = turns.reduce(
      (sum, { turn }) => sum + bytesOf(turn.messages) + (turn.status === "appended" ? 0 : bytesOf(turn.answer)),
      0,
    );
    const times = { createdMs: this.#day.nowMs, usedMs: this.#day.nowMs };
    const session = { ...named, ...times, revision: 1, turns: turns.length, bytes, running: undefined };
    this.#sessions.set(named.sessionId, { owner, session, turns, fence: 0, leaseUntilMs: 0 });
    return session;
  }

  #appended(given: { number: number; revision: number; messages: readonly Message[] }): ModelTurn {
    const times = { createdMs: this.#day.nowMs, endedMs: this.#day.nowMs };
    const nothing = { continues: false, answer: "", generationId: undefined, outcome: undefined };
    const turn = { ...given, ...times, ...nothing, status: "appended", endRevision: given.revision } as const;
    return { turn, fence: undefined, idempotency: undefined, record: undefined };
  }

  #excessOf({ session }: ModelSession): StoreProblem | undefined {
    return session.turns >= this.#limits.turns ? { type: "too_many_turns", limit: this.#limits.turns } : undefined;
  }

  /** Sessions that are idle for too long hold their places until a sweep. */
  #count(owner: string): number {
    return [...this.#sessions.values()].filter((session) => session.owner === owner).length;
  }

  #tooMany(): StoreResult<never> {
    return failed({ type: "too_many_sessions", limit: this.#limits.sessions });
  }
}

function conflictOf({ session }: ModelSession, revision: number | undefined, idle: boolean): StoreProblem | undefined {
  if (revision !== undefined && revision !== session.revision) {
    return { type: "revision_mismatch", revision: session.revision };
  }
  if (!idle || session.running === undefined) return undefined;
  return { type: "busy", generationId: session.running.generationId };
}

function toRepeated({ turn, idempotency, record }: ModelTurn): asked.RepeatedTurn {
  return { type: "repeated", turn, bodyDigest: idempotency?.bodyDigest ?? "", record };
}

function ok<Value>(value: Value): StoreResult<Value> {
  return { ok: true, value };
}

function failed(problem: StoreProblem): StoreResult<never> {
  return { ok: false, problem };
}
