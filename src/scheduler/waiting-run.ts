import type { QueuePosition } from "../core/generation-message.js";
import type { Lane } from "../core/generation-request.js";
import type { PreparedRun, RunWork, WaitRange } from "./forecast/run-work.js";
import type { GenerationRecord } from "./generation/generation-record.js";
import type { Waiter } from "./queue/tenant-flow.js";

/** Prefilling this number of tokens again counts as one grant. */
const TOKENS_A_GRANT = 512;

/** A prepared run, the generation that it belongs to, and what is known of its work. */
export interface Admission {
  readonly record: GenerationRecord;
  readonly run: PreparedRun;
  readonly work: RunWork;
}

/** A run in the queue, with what the queue asks of its generation and its work. */
abstract class QueuedRun {
  readonly record: GenerationRecord;
  readonly work: RunWork;

  constructor({ record, work }: Pick<Admission, "record" | "work">) {
    this.record = record;
    this.work = work;
  }

  get lane(): Lane {
    return this.record.identity.lane;
  }

  get tenant(): string {
    return this.record.identity.tenant;
  }

  get priority(): number {
    return this.record.identity.priority;
  }

  get expectedWork(): number {
    return this.work.expectedWork;
  }
}

/** A prepared run that waits for its start. */
export class NewRun extends QueuedRun implements Waiter, Admission {
  readonly run: PreparedRun;
  /** The wait that its caller was told when the run joined the queue. */
  readonly expected: WaitRange;
  readonly joinedAtMs: number;
  readonly isNew = true;
  readonly hasYielded = false;
  readonly grants = 1;

  constructor(admission: Admission, { expected, joinedAtMs }: Pick<NewRun, "expected" | "joinedAtMs">) {
    super(admission);
    this.run = admission.run;
    this.expected = expected;
    this.joinedAtMs = joinedAtMs;
  }

  tellPosition(position: QueuePosition): void {
    this.record.tellPosition(position);
  }
}

/** A run that gave its slot up and waits to return. The tokens that it has to prefill again are charged to its lane. */
export class ReturningRun extends QueuedRun implements Waiter {
  readonly runId: number;
  readonly isNew = false;
  readonly hasYielded: boolean;
  readonly grants: number;

  constructor({ record, runId, work, hasYielded }: Pick<ReturningRun, "record" | "runId" | "work" | "hasYielded">) {
    super({ record, work });
    this.runId = runId;
    this.hasYielded = hasYielded;
    this.grants = 1 + work.prefillTokensLeft / TOKENS_A_GRANT;
  }

  tellPosition(): void {
    // The reader was told positions before the start, and is behind anyway.
  }
}

export type WaitingRun = NewRun | ReturningRun;
