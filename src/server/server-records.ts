import type { AuditEntry, AuditTrail } from "../core/audit.js";
import type { EndedGeneration, UsageRecorder } from "../core/usage-recorder.js";
import { AuditLog } from "../records/audit-log.js";
import { LineFile, type LineFileReport } from "../records/line-file.js";
import { type TenantUsage, TenantUsages } from "../records/tenant-usage.js";
import { UsageLog } from "../records/usage-log.js";
import type { RECORD_SETTINGS } from "../settings/record-settings.js";
import type { ValuesOf } from "../settings/setting-values.js";
import type { Clock } from "../sync/clock.js";
import type { Logger } from "../telemetry/logger.js";

export interface ServerRecordsOptions {
  readonly config: ValuesOf<typeof RECORD_SETTINGS>;
  readonly instanceId: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The state of the records, for the metrics. */
export interface RecordsReport {
  readonly tenantUsage: readonly TenantUsage[];
  /** undefined if there is no such file. */
  readonly usageLog: LineFileReport | undefined;
  readonly auditLog: LineFileReport | undefined;
}

/**
 * The records of the callers: usage for billing and the metrics, and the audit log. It opens the files at the start of the server, so that
 * an unwritable file shows at once. Disposing writes what is left. Main thread.
 */
export class ServerRecords implements AuditTrail, Disposable {
  readonly #options: ServerRecordsOptions;
  readonly #usages: TenantUsages;
  readonly #usageFile: LineFile | undefined;
  readonly #auditFile: LineFile | undefined;
  readonly #audit: AuditLog | undefined;

  /** @throws Error with the path and the reason if a file cannot be written */
  constructor(options: ServerRecordsOptions) {
    const { config, clock, log } = options;
    this.#options = options;
    this.#usages = new TenantUsages(config.metricsTenants);
    const shared = { clock, wallNowMs: Date.now, log };
    this.#usageFile = isFile(config.usageLog)
      ? LineFile.open({
          ...shared,
          name: "usage log",
          path: config.usageLog,
          maxBytes: config.usageLogBytes,
          maxFiles: config.usageLogFiles,
          maxAgeMs: config.usageLogAgeMs,
        })
      : undefined;
    this.#auditFile = isFile(config.auditLog)
      ? LineFile.open({
          ...shared,
          name: "audit log",
          path: config.auditLog,
          maxBytes: config.auditLogBytes,
          maxFiles: config.auditLogFiles,
          maxAgeMs: config.auditLogAgeMs,
        })
      : undefined;
    this.#audit = config.auditLog === "off" ? undefined : new AuditLog({ clock, write: this.#auditWriter() });
  }

  record(entry: AuditEntry): void {
    this.#audit?.record(entry);
  }

  get report(): RecordsReport {
    return {
      tenantUsage: this.#usages.report(),
      usageLog: this.#usageFile?.report,
      auditLog: this.#auditFile?.report,
    };
  }

  /** Returns the recorder of the generations of one model. */
  usageOf({ digest }: { readonly digest: string }): UsageRecorder {
    const { config, instanceId } = this.#options;
    const file = this.#usageFile;
    const usages = this.#usages;
    const usageLog =
      file &&
      new UsageLog({ file, modelDigest: digest, instanceId, withLabels: config.usageLogLabels, wallNowMs: Date.now });
    return {
      ended: (generation: EndedGeneration) => {
        usages.ended(generation);
        usageLog?.ended(generation);
      },
      get isReady() {
        return config.usageLogFailure === "serve" || file?.isFailing !== true;
      },
    };
  }

  [Symbol.dispose](): void {
    this.#audit?.[Symbol.dispose]();
    this.#auditFile?.[Symbol.dispose]();
    this.#usageFile?.[Symbol.dispose]();
  }

  #auditWriter(): (entry: object) => void {
    const { log } = this.#options;
    const file = this.#auditFile;
    if (file === undefined) return (entry) => log.info({ audit: entry }, "audit");
    return (entry) => file.append(JSON.stringify({ time: new Date().toISOString(), ...entry }));
  }
}

function isFile(value: string): boolean {
  return value !== "off" && value !== "log";
}
