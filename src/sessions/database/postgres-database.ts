import pg from "pg";
import type { DatabaseConnection, Driver, PostgresDialectConfig, Transaction, TransactionSettings } from "kysely";
import type { StoreFault } from "../store-problem.js";
import { CompiledQuery, Kysely, PostgresDialect, PostgresDriver, sql } from "./kysely.js";
import { PostgresTlsError, type PostgresTarget } from "./postgres-tls.js";
import type { StoreDatabase, Tables } from "./store-database.js";

/** A connection may take this long to be made or to fall free. */
const CONNECT_MS = 3_000;
/** A server that has not said by then that it gave a statement up counts as gone. */
const ANSWER_MARGIN_MS = 1_000;
/** The server gives up a transaction that is idle for this long, and with it the locks of a process that was stopped. */
const IDLE_TRANSACTION_MS = 5_000;
/** A number that no other program's advisory locks are likely to have. */
const SCHEMA_LOCK = 7_455_108;

export interface PostgresOptions {
  readonly target: PostgresTarget;
  /** The most connections at a time. */
  readonly connections: number;
  /** The server gives a statement up after this time. */
  readonly statementMs: number;
}

/**
 * Opens a pool of connections, which are made when they are needed and replaced when they break. Main thread: none of it blocks.
 * @throws Error if the address cannot be read
 */
export function openPostgresDatabase({ target, connections, statementMs }: PostgresOptions): StoreDatabase {
  const pool = new pg.Pool({
    connectionString: target.connectionString,
    ssl: target.tls,
    max: connections,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: statementMs + ANSWER_MARGIN_MS,
    keepAlive: true,
    application_name: "rill",
    allowExitOnIdle: true,
    types: TYPES,
  });
  // A connection that breaks while nobody uses it reports that by an event, which would end the process. Its next user gets the error anyway.
  pool.on("error", ignore);
  pool.on("connect", (client) => client.on("error", ignore));
  const db = new Kysely<Tables>({ dialect: new BoundedDialect({ pool }, statementMs) });
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
    // VACUUM does that, when the server decides so.
    noteDeletion: () => undefined,
    purge: () => undefined,
    close: () => db.destroy(),
  };
}

class BoundedDialect extends PostgresDialect {
  readonly #config: PostgresDialectConfig;
  readonly #statementMs: number;

  constructor(config: PostgresDialectConfig, statementMs: number) {
    super(config);
    this.#config = config;
    this.#statementMs = statementMs;
  }

  override createDriver(): Driver {
    return new BoundedDriver(this.#config, this.#statementMs);
  }
}

/**
 * A driver that bounds each transaction where it begins, in the same round trip. Settings of the session would be lost, or given to others, where a
 * pooler such as PgBouncer gives each transaction another connection. For the same reason the store uses no named statements, no locks beyond a
 * transaction and no LISTEN.
 */
class BoundedDriver extends PostgresDriver {
  readonly #statementMs: number;

  constructor(config: PostgresDialectConfig, statementMs: number) {
    super(config);
    this.#statementMs = statementMs;
  }

  override async beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    const { isolationLevel, accessMode } = settings;
    const level = isolationLevel === undefined ? "" : ` isolation level ${isolationLevel}`;
    const begin = `start transaction${level}${accessMode === undefined ? "" : ` ${accessMode}`}`;
    const bounds = `set local statement_timeout = ${this.#statementMs}; set local idle_in_transaction_session_timeout = ${IDLE_TRANSACTION_MS}`;
    await connection.executeQuery(CompiledQuery.raw(`${begin}; ${bounds}`));
  }
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
  // A pooler that does not know a parameter of the connection, or that gives each statement another connection.
  ["08P01", "misconfigured"],
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
/** OpenSSL's codes for certificates that are not accepted, and Node's codes for TLS. */
const CERTIFICATE = /CERT|^ERR_TLS_|^ERR_SSL_|^ERR_OSSL_|^UNABLE_TO_|^HOSTNAME_MISMATCH$|^INVALID_CA$/;
/** The messages of a server, or of what is in its place, that cannot be used as it is. */
const UNFIT = /does not support SSL connections|transaction blocks not allowed in statement pooling mode/;
/** Node's codes for failures of the network, such as ECONNREFUSED. */
const NETWORK = /^E[A-Z]+(?:_[A-Z]+)*$/;
/** The messages of pg's errors that have no code. */
const LOST =
  /connection terminated|timeout exceeded|read timeout|connection error|client has encountered|not queryable/i;

/** Returns the fault that an error of connecting to PostgreSQL or using it means. */
export function postgresFaultOf(error: unknown): StoreFault {
  if (!(error instanceof Error)) return "internal";
  const code = "code" in error ? String(error.code) : "";
  if (error instanceof PostgresTlsError || code === "ERR_INVALID_URL" || UNFIT.test(error.message))
    return "misconfigured";
  if (CERTIFICATE.test(code)) return "misconfigured";
  if (SQLSTATE.test(code)) return FAULTS.find(([beginning]) => code.startsWith(beginning))?.[1] ?? "internal";
  if (NETWORK.test(code) || LOST.test(error.message)) return "unreachable";
  return "internal";
}
