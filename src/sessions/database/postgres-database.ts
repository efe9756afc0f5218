import type { Transaction } from "kysely";
import pg from "pg";
import { Kysely, PostgresDialect, sql } from "./kysely.js";
import { postgresFaultOf } from "./postgres-fault.js";
import type { StoreDatabase } from "./store-database.js";
import type { Tables } from "./tables.js";

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
