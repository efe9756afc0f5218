import type { QueuePlace } from "../core/generation-event.js";
import type { Lane } from "../core/lane.js";
import type { GenerationRecord } from "./generation-record.js";
import type { PreparedRun } from "./prepared-run.js";
import type { Waiter } from "./waiting-room.js";

/** Reading so many tokens in again counts for a grant. */
const TOKENS_A_GRANT = 512;

/** A prepared run in line, with the generation it belongs to. */
export class NewRun implements Waiter {
  readonly record: GenerationRecord;
  readonly run: PreparedRun;
  readonly isNew = true;
  readonly grants = 1;

  constructor(record: GenerationRecord, run: PreparedRun) {
    this.record = record;
    this.run = run;
  }

  get lane(): Lane {
    return this.record.identity.lane;
  }

  tellPlace(place: QueuePlace): void {
    this.record.tellPlace(place);
  }
}

/** A run that gave its slot up and is to go on; what has to be read in again is charged to its lane. */
export class ReturningRun implements Waiter {
  readonly record: GenerationRecord;
  readonly runId: number;
  readonly isNew = false;
  readonly grants: number;

  constructor(record: GenerationRecord, evicted: { runId: number; unreadTokens: number }) {
    this.record = record;
    this.runId = evicted.runId;
    this.grants = 1 + evicted.unreadTokens / TOKENS_A_GRANT;
  }

  get lane(): Lane {
    return this.record.identity.lane;
  }

  tellPlace(): void {
    // Its reader was told before the start, and is behind anyway.
  }
}

export type WaitingRun = NewRun | ReturningRun;
