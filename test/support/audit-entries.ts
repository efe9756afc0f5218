import type { AuditEntry, AuditTrail } from "../../src/core/audit.js";

/** A trail that keeps nothing. */
export const UNRECORDED: AuditTrail = { record: () => undefined };

/** A trail that keeps every entry. */
export class AuditEntries implements AuditTrail {
  readonly list: AuditEntry[] = [];

  record(entry: AuditEntry): void {
    this.list.push(entry);
  }
}
