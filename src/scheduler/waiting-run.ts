import type { QueuePosition } from "../core/generation-event.js";
import type { Lane } from "../core/generation-request.js";
import type { GenerationRecord } from "./generation/generation-record.js";
import type { PreparedRun } from "./forecast/prepared-run.js";
import type { WaitRange } from "./forecast/run-forecast.js";
import type { RunWork } from "./forecast/run-work.js";
import type { Waiter } from "./queue/lane-queue.js";

/** Reading so many tokens in again counts for a grant. */
const TOKENS_A_GRANT = 512;

/** A prepared run, with the generation it belongs to and what is known of its work. */
export interface Admission {
  readonly record: GenerationRecord;
  readonly run: PreparedRun;
  readonly work: RunWork;
}

/** A prepared run in line for its start. */
export class NewRun implements Waiter, Admission {
  readonly record: GenerationRecord;
  readonly run: PreparedRun;
  readonly work: RunWork;
  /** What it was told to expect when it joined. */
  readonly expected: WaitRange;
  readonly joinedAtMs: number;
  readonly isNew = true;
  readonly grants = 1;

  constructor(parts: Admission & Pick<NewRun, "expected" | "joinedAtMs">) {
    this.record = parts.record;
    this.run = parts.run;
    this.work = parts.work;
    this.expected = parts.expected;
    this.joinedAtMs = parts.joinedAtMs;
  }

  get lane(): Lane {
    return this.record.identity.lane;
  }

  tellPlace(place: QueuePosition): void {
    this.record.tellPlace(place);
  }
}

/** A run that gave its slot up and is to go on; what has to be read in again is charged to its lane. */
export class ReturningRun implements Waiter {
  readonly record: GenerationRecord;
  readonly runId: number;
  readonly work: RunWork;
  readonly isNew = false;
  readonly grants: number;

  constructor(parts: Pick<ReturningRun, "record" | "runId" | "work">) {
    this.record = parts.record;
    this.runId = parts.runId;
    this.work = parts.work;
    this.grants = 1 + parts.work.prefillTokensLeft / TOKENS_A_GRANT;
  }

  get lane(): Lane {
    return this.record.identity.lane;
  }

  tellPlace(): void {
    // Its reader was told before the start, and is behind anyway.
  }
}

export type WaitingRun = NewRun | ReturningRun;
