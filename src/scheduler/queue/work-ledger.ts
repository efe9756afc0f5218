import type { Lane } from "../../core/generation-request.js";
import type { Newcomer, RunWork } from "../forecast/run-work.js";
import type { WorkCharge } from "./lane-queue.js";

/** A run that holds a slot, as its tenant is charged for it. */
export interface ChargedRun extends Newcomer {
  readonly work: RunWork;
}

interface ChargedLane {
  started(tenant: string): void;
  stopped(tenant: string): void;
  charge(charge: WorkCharge, work: number): void;
}

/**
 * Charges the work of the runs that hold a slot to their tenants. A run is charged for a quantum when it gets its slot, so that tenants take turns even where
 * several slots fall free at once. From then on its charge follows what the engine does, and at its end nothing is left of the estimate.
 */
export class WorkLedger {
  readonly #lanes: Readonly<Record<Lane, ChargedLane>>;
  readonly #charges = new Map<number, { readonly run: ChargedRun; readonly charge: WorkCharge }>();

  constructor(lanes: Readonly<Record<Lane, ChargedLane>>) {
    this.#lanes = lanes;
  }

  /** Charges a run that has just got its slot. Work that it did in an earlier slot was charged there. */
  open(runId: number, run: ChargedRun): void {
    const charge = { tenant: run.tenant, before: run.work.workDone, work: 0, virtualWork: 0 };
    this.#charges.set(runId, { run, charge });
    this.#lanes[run.lane].started(run.tenant);
    this.update(runId);
  }

  /** Takes the run's work after a step. */
  update(runId: number): void {
    const open = this.#charges.get(runId);
    if (open !== undefined) this.#lanes[open.run.lane].charge(open.charge, open.run.work.workDue);
  }

  /** Charges what a run has really done, because it gives its slot up. */
  close(runId: number): void {
    const open = this.#charges.get(runId);
    if (open === undefined) return;
    this.#charges.delete(runId);
    const lane = this.#lanes[open.run.lane];
    lane.charge(open.charge, open.run.work.workDone);
    lane.stopped(open.run.tenant);
  }

  /** The runs that hold a slot, by run id. */
  *runs(): IterableIterator<[number, ChargedRun]> {
    for (const [runId, { run }] of this.#charges) yield [runId, run];
  }

  /** Forgets the runs of an engine that is gone. */
  clear(): void {
    for (const { run } of this.#charges.values()) this.#lanes[run.lane].stopped(run.tenant);
    this.#charges.clear();
  }
}
