import { faultText } from "../../telemetry/log-text.js";
import { migrate, NewerSchemaError } from "../database/migrate.js";
import { type Migration, MIGRATIONS } from "../database/migrations.js";
import type { StoreDatabase } from "../database/store-database.js";
import type { StoreFault, StoreProblem } from "../store-problem.js";
import type { AnyStoreResult, RequestOf, ResultOf, StoreCommand, StoreMethod } from "../store-messages.js";
import { StoreAccess, type StoreLimits } from "./store-work.js";
import { admitTurn } from "./admit-turn.js";
import { appendMessages, deleteSession, updateSession } from "./change-session.js";
import { createSession } from "./create-session.js";
import { forkSession } from "./fork-session.js";
import { commitTurn, renewLease } from "./hold-turn.js";
import { openTurn } from "./open-turn.js";
import { getSession, listSessions, listTurns } from "./read-sessions.js";
import { sweepSessions } from "./sweep-sessions.js";

export interface CommandRunnerOptions {
  /** Connects; may throw. Called again after it has failed. */
  readonly open: () => StoreDatabase;
  /** What an error of `open` itself means. */
  readonly faultOf: (error: unknown) => StoreFault;
  readonly limits: StoreLimits;
  /** The database as its operator knows it, without a password: it stands in front of what went wrong. */
  readonly place: string;
  /** Told what is wrong and fails no command. */
  readonly onWarning: (text: string) => void;
  readonly migrations?: readonly Migration[];
}

/**
 * Runs a store's commands on its database, on whichever thread that is. The database is opened, and its tables brought up to date, with the first
 * command; where that fails, with the next one again. So a store that comes back needs no restart. A database that is broken, or whose file has gone
 * from its place, is closed, and opened anew with the next command; one that was emptied gets its tables again.
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
      const access = new StoreAccess(database, { nowMs: command.nowMs, limits: this.#options.limits });
      return await runOperation(access, command);
    } catch (error) {
      if (this.#database?.isBrokenBy(error) === true) await this.#abandon();
      else if (this.#database?.lacksTables(error) === true) this.#ready = undefined;
      return { ok: false, problem: this.#problemOf(error) };
    }
  }

  /** Closes the database once what was begun has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#close();
  }

  /** A broken database may fail to close, too; nothing is stored through it any more. */
  async #abandon(): Promise<void> {
    try {
      await this.#close();
    } catch (error) {
      this.#options.onWarning(this.#placed(messageOf(error)));
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
    this.#ready ??= migrate(database, this.#options.migrations ?? MIGRATIONS);
    try {
      await this.#ready;
    } catch (error) {
      this.#ready = undefined;
      throw error;
    }
    return database;
  }

  #problemOf(error: unknown): StoreProblem {
    const fault = error instanceof NewerSchemaError ? "newer_schema" : this.#options.faultOf(error);
    // A fault of ours says where it is; what a database says of itself is enough.
    const message = fault === "internal" ? faultText(error) : messageOf(error);
    return { type: "unavailable", fault, message: this.#placed(message) };
  }

  #placed(message: string): string {
    const { place } = this.#options;
    return message.includes(place) ? message : `${place}: ${message}`;
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

/** @throws what the database throws */
async function runOperation(access: StoreAccess, command: StoreCommand): Promise<AnyStoreResult> {
  // The compiler can't see that a method and its request belong together; StoreCommand says it.
  const operation = OPERATIONS[command.method] as (access: StoreAccess, request: unknown) => Promise<AnyStoreResult>;
  return await operation(access, command.request);
}
