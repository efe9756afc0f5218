import type { StoreFault } from "../store-problem.js";

/** The faults by the beginnings of SQLSTATE codes, the longer ones first. */
const FAULTS: readonly (readonly [code: string, fault: StoreFault])[] = [
  ["08", "unreachable"],
  // The server is shutting down, has crashed, or is not yet up.
  ["57P", "unreachable"],
  // A statement, a lock or a transaction took too long.
  ["57014", "unreachable"],
  ["55P03", "unreachable"],
  ["25P03", "unreachable"],
  ["53100", "disk_full"],
  // The server lacks connections or memory.
  ["53", "overloaded"],
  // A deadlock, or a change that came in between.
  ["40", "overloaded"],
  ["25006", "read_only"],
  ["28", "misconfigured"],
  ["3D", "misconfigured"],
  ["42501", "misconfigured"],
  // A table is missing.
  ["42P01", "replaced"],
  ["XX001", "corrupt"],
  ["XX002", "corrupt"],
];

const SQLSTATE = /^[0-9A-Z]{5}$/;
/** Node's codes for failures of the network, such as ECONNREFUSED. */
const NETWORK = /^E[A-Z]+(?:_[A-Z]+)*$/;
/** The messages of pg's errors that have no code. */
const LOST =
  /connection terminated|timeout exceeded|read timeout|connection error|client has encountered|not queryable/i;

/** Returns the fault that an error of connecting to PostgreSQL or using it means. */
export function postgresFaultOf(error: unknown): StoreFault {
  if (!(error instanceof Error)) return "internal";
  const code = "code" in error ? String(error.code) : "";
  if (code === "ERR_INVALID_URL") return "misconfigured";
  if (SQLSTATE.test(code)) return FAULTS.find(([beginning]) => code.startsWith(beginning))?.[1] ?? "internal";
  if (NETWORK.test(code) || LOST.test(error.message)) return "unreachable";
  return "internal";
}
