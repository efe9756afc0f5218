import { faultText } from "../../telemetry/log-text.js";
import { migrate, type Migration, MIGRATIONS, NewerSchemaError } from "../database/migrations.js";
import type { StoreDatabase } from "../database/store-database.js";
import type { StoreFault, StoreProblem } from "../store-problem.js";
import type { AnyStoreResult, RequestOf, ResultOf, StoreCommand, StoreMethod } from "../store-messages.js";
import { StoreAccess, type StoreLimits } from "./store-work.js";
import { admitTurn, openTurn } from "./open-turn.js";
import { appendMessages, deleteSession, updateSession } from "./change-session.js";
import { createSession, forkSession } from "./create-session.js";
import { commitTurn, renewLease } from "./turn-lease.js";
import { getSession, listSessions, listTurns } from "./read-sessions.js";
import { sweepSessions } from "./sweep-sessions.js";

/** The most sessions whose expiry one transaction changes. */
const AGE_BATCH = 200;

export interface CommandRunnerOptions {
  /** Connects, and may throw. It is called again after a failure. */
  readonly open: () => StoreDatabase;
  /** Returns the fault that an error of `open` means. */
  readonly faultOf: (error: unknown) => StoreFault;
  readonly limits: StoreLimits;
  /** The operator's name for the database, without a password. Messages about failures begin with it. */
  readonly label: string;
  /** Called for problems that fail no command. */
  readonly onWarning: (text: string) => void;
  readonly migrations?: readonly Migration[];
}

/**
 * Runs a store's commands on its database, on any thread. The first command opens the database and migrates its tables; if that fails, the next
 * command tries again, so a store that comes back needs no restart. A database that is broken, or whose file is gone, is closed, and the next command
 * opens it anew. An emptied database gets its tables again.
 */
export class CommandRunner implements AsyncDisposable {
  readonly #options: CommandRunnerOptions;
  #database: StoreDatabase | undefined;
  #ready: Promise<void> | undefined;
  #closed = false;

  constructor(options: CommandRunnerOptions) {
    this.#options = options;
  }

  /** Never rejects. */
  async run(command: StoreCommand): Promise<AnyStoreResult> {
    if (this.#closed) {
      return { ok: false, problem: { type: "unavailable", fault: "closed", message: "the store is closed" } };
    }
    try {
      const database = await this.#opened();
      database.checkInPlace();
      const { nowMs, quota } = command;
      const access = new StoreAccess(database, { nowMs, quota, limits: this.#options.limits });
      return await runOperation(access, command);
    } catch (error) {
      if (this.#database?.isBrokenBy(error) === true) await this.#abandon();
      else if (this.#database?.lacksTables(error) === true) this.#ready = undefined;
      return { ok: false, problem: this.#problemOf(error) };
    }
  }

  /** Closes the database after the commands that have begun. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#close();
  }

  /** Closes a broken database, which may fail too. Nothing more is stored through it. */
  async #abandon(): Promise<void> {
    try {
      await this.#close();
    } catch (error) {
      this.#options.onWarning(this.#labelled(messageOf(error)));
    }
  }

  async #close(): Promise<void> {
    const database = this.#database;
    this.#database = undefined;
    this.#ready = undefined;
    await database?.close();
  }

  async #opened(): Promise<StoreDatabase> {
    const database = (this.#database ??= this.#options.open());
    this.#ready ??= this.#prepare(database);
    try {
      await this.#ready;
    } catch (error) {
      this.#ready = undefined;
      throw error;
    }
    return database;
  }

  async #prepare(database: StoreDatabase): Promise<void> {
    await migrate(database, this.#options.migrations ?? MIGRATIONS);
    await limitAges(database, this.#options.limits);
  }

  #problemOf(error: unknown): StoreProblem {
    const fault = error instanceof NewerSchemaError ? "newer_schema" : this.#options.faultOf(error);
    // An internal fault needs its stack; a database's own message is enough.
    const message = fault === "internal" ? faultText(error) : messageOf(error);
    return { type: "unavailable", fault, message: this.#labelled(message) };
  }

  #labelled(message: string): string {
    const { label } = this.#options;
    return message.includes(label) ? message : `${label}: ${message}`;
  }
}

/** Makes sessions that were stored under a longer maximum age, or under none, keep the present one. Each batch is a transaction, so that none is long. */
async function limitAges({ db }: StoreDatabase, { ageMs }: StoreLimits): Promise<void> {
  if (ageMs === undefined) return;
  for (;;) {
    const limited = await db.transaction().execute(async (trx) => {
      const rows = await trx
        .selectFrom("rill_sessions")
        .select("session_id")
        .where((eb) => eb("expires_ms", ">", eb("created_ms", "+", ageMs)))
        .limit(AGE_BATCH)
        .execute();
      if (rows.length === 0) return 0;
      const ids = rows.map((row) => row.session_id);
      await trx
        .updateTable("rill_sessions")
        .set((eb) => ({ expires_ms: eb("created_ms", "+", ageMs) }))
        .where("session_id", "in", ids)
        .where((eb) => eb("expires_ms", ">", eb("created_ms", "+", ageMs)))
        .execute();
      return rows.length;
    });
    if (limited < AGE_BATCH) return;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

type Operations = {
  readonly [Method in StoreMethod]: (access: StoreAccess, request: RequestOf<Method>) => Promise<ResultOf<Method>>;
};

const OPERATIONS: Operations = {
  create: createSession,
  get: getSession,
  update: updateSession,
  list: listSessions,
  listTurns,
  delete: deleteSession,
  fork: forkSession,
  append: appendMessages,
  openTurn,
  admitTurn,
  renewLease,
  commitTurn,
  sweep: sweepSessions,
};

/** @throws the error of the database */
async function runOperation(access: StoreAccess, command: StoreCommand): Promise<AnyStoreResult> {
  // The compiler cannot see that a method and its request belong together, as StoreCommand says.
  const operation = OPERATIONS[command.method] as (access: StoreAccess, request: unknown) => Promise<AnyStoreResult>;
  return await operation(access, command.request);
}
