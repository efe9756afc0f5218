import type { RunWork } from "./forecast/run-work.js";
import type { GenerationRecord } from "./generation/generation-record.js";

interface PreemptedRun {
  readonly record: GenerationRecord;
  readonly work: RunWork;
  /** True if the run gave its slot up to another tenant. */
  readonly hasYielded: boolean;
  /** True once the reader has caught up and the run waits for a slot. */
  isWaiting: boolean;
}

/** The runs without a slot until their readers have caught up, by run id. */
export class PreemptedRuns extends Map<number, PreemptedRun> {
  /** The generations of the runs. */
  records(): GenerationRecord[] {
    return Array.from(this.values(), ({ record }) => record);
  }

  tenants(): string[] {
    return this.records().map(({ identity }) => identity.tenant);
  }

  /** The number of the tenant's runs whose readers are still behind. */
  behindOf(tenant: string): number {
    let behind = 0;
    for (const { record, isWaiting } of this.values()) {
      if (!isWaiting && record.identity.tenant === tenant) behind += 1;
    }
    return behind;
  }
}
