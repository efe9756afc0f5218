import type { Setting } from "./setting.js";
import { choice, count, duration, size, toggle } from "./setting-types.js";

const MIB = 1024 * 1024;
const KIB = 1024;
const DAY = 24 * 60 * 60_000;
const MAX_FILE_BYTES = 1024 * 1024 * MIB;

/** The settings of the usage log, of the audit log and of the metrics of tenants. */
export const RECORD_SETTINGS = {
  usageLog: pathOrWord({
    name: "usage-log",
    about: "file that gets one line of JSON for each ended generation, for billing",
    default: "off",
    words: ["off"],
  }),
  usageLogBytes: size({
    name: "usage-log-size",
    about: "size at which the usage log is set aside and a new file begins",
    default: 64 * MIB,
    min: 4 * KIB,
    max: MAX_FILE_BYTES,
  }),
  usageLogFiles: count({
    name: "usage-log-files",
    about: "files of the usage log, with the current one; the oldest is deleted",
    default: 16,
    min: 1,
    max: 10_000,
  }),
  usageLogAgeMs: duration({
    name: "usage-log-age",
    about: "age at which lines of the usage log are deleted, at most a quarter later; 0: never",
    default: 0,
    min: 0,
    max: 3_650 * DAY,
  }),
  usageLogLabels: toggle({
    name: "usage-log-labels",
    about: "write the labels of generations to the usage log too",
    default: false,
  }),
  usageLogFailure: choice({
    name: "usage-log-failure",
    about:
      "while the usage log cannot be written; serve: its lines wait in memory; refuse: new generations are refused too",
    default: "serve",
    words: ["serve", "refuse"],
  }),
  auditLog: pathOrWord({
    name: "audit-log",
    about: "file that gets one line of JSON for each action across tenants or of operators; log: lines of the log",
    default: "log",
    words: ["log", "off"],
  }),
  auditLogBytes: size({
    name: "audit-log-size",
    about: "size at which the audit log is set aside and a new file begins",
    default: 64 * MIB,
    min: 4 * KIB,
    max: MAX_FILE_BYTES,
  }),
  auditLogFiles: count({
    name: "audit-log-files",
    about: "files of the audit log, with the current one; the oldest is deleted",
    default: 16,
    min: 1,
    max: 10_000,
  }),
  auditLogAgeMs: duration({
    name: "audit-log-age",
    about: "age at which lines of the audit log are deleted, at most a quarter later; 0: never",
    default: 0,
    min: 0,
    max: 3_650 * DAY,
  }),
  metricsTenants: count({
    name: "metrics-tenants",
    about: "tenants with metrics of their own; all others count as other",
    default: 100,
    min: 0,
    max: 10_000,
  }),
};

/** A path, or a word in its place. A file with the name of a word needs a path such as `./off`. */
function pathOrWord(described: {
  readonly name: string;
  readonly about: string;
  readonly default: string;
  readonly words: readonly string[];
}): Setting<string> {
  return {
    ...described,
    placeholder: ["path", ...described.words].join("|"),
    expected: `${described.words.join(", ")} or a path`,
    parse: (value) => (value.trim() === "" || value.includes("\0") ? undefined : value),
    format: String,
  };
}
