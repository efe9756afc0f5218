import pg from "pg";
import type { Transaction } from "kysely";
import type { StoreFault } from "../store-problem.js";
import { Kysely, PostgresDialect, sql } from "./kysely.js";
import type { StoreDatabase, Tables } from "./store-database.js";

/** The most connections at a time. */
const POOL_SIZE = 10;
/** A connection may take this long to be made or to fall free. */
const CONNECT_MS = 3_000;
/** The server gives a statement up after this time. */
const STATEMENT_MS = 5_000;
/** A server that has not said so by then counts as gone. */
const ANSWER_MS = 6_000;
/** The server gives up a transaction that is idle for this long, and with it the locks of a process that was stopped. */
const IDLE_TRANSACTION_MS = 5_000;
/** A number that no other program's advisory locks are likely to have. */
const SCHEMA_LOCK = 7_455_108;

/**
 * Opens a pool of connections, which are made when they are needed and replaced when they break. Main thread: none of it blocks.
 * @throws Error if the address cannot be read
 */
export function openPostgresDatabase(address: string): StoreDatabase {
  const pool = new pg.Pool({
    connectionString: address,
    max: POOL_SIZE,
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: STATEMENT_MS,
    query_timeout: ANSWER_MS,
    idle_in_transaction_session_timeout: IDLE_TRANSACTION_MS,
    keepAlive: true,
    application_name: "rill",
    allowExitOnIdle: true,
    types: TYPES,
  });
  // A connection that breaks while nobody uses it reports that by an event, which would end the process. Its next user gets the error anyway.
  pool.on("error", ignore);
  pool.on("connect", (client) => client.on("error", ignore));
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  return {
    db,
    locksRows: true,
    hasTables: async () => {
      const { rows } = await sql<{ found: boolean }>`select to_regclass('rill_schema') is not null as found`.execute(
        db,
      );
      return rows[0]?.found === true;
    },
    lockSchema: async (trx: Transaction<Tables>) => {
      await sql`select pg_advisory_xact_lock(${SCHEMA_LOCK})`.execute(trx);
    },
    faultOf: postgresFaultOf,
    // The server looks after its files.
    checkInPlace: () => undefined,
    // The pool replaces connections that break.
    isBrokenBy: () => false,
    lacksTables: (error) => postgresFaultOf(error) === "replaced",
    close: () => db.destroy(),
  };
}

/** Parses 64-bit integers, which pg returns as text, to numbers. Each of the store's is exact as a number. */
const getTypeParser = (typeId: Parameters<typeof pg.types.getTypeParser>[0]): unknown =>
  typeId === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(typeId);

const TYPES = { getTypeParser };

function ignore(): void {
  // The comment at the pool's events says why.
}

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
