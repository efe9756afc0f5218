import { NewerSchemaError, migrate } from "./migrate.js";
import { MIGRATIONS, type Migration } from "./migrations.js";
import type { StoreDatabase } from "./store-database.js";
import { runOperation } from "./store-operations.js";
import type { StoreFault, StoreProblem } from "./store-problem.js";
import type { AnyStoreResult, StoreCommand } from "./store-wall.js";
import { StoreAccess, type StoreLimits } from "./store-work.js";

export interface CommandRunnerOptions {
  /** Connects; may throw. Called again after it has failed. */
  readonly open: () => StoreDatabase;
  /** What an error of `open` itself means. */
  readonly faultOf: (error: unknown) => StoreFault;
  readonly limits: StoreLimits;
  readonly migrations?: readonly Migration[];
}

/**
 * Runs a store's commands on its database, on whichever thread that is. The database is opened, and its tables brought up to date, with the first
 * command; where that fails, with the next one again. So a store that comes back needs no restart.
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
      const { db, locksRows } = await this.#opened();
      const { nowMs } = command;
      const access = new StoreAccess(db, { nowMs, limits: this.#options.limits, locksRows });
      return await runOperation(access, command);
    } catch (error) {
      return { ok: false, problem: this.#problemOf(error) };
    }
  }

  /** Closes the database once what was begun has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#database?.db.destroy();
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
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof NewerSchemaError) return { type: "unavailable", fault: "newer_schema", message };
    const fault = this.#options.faultOf(error);
    const detail = fault === "internal" && error instanceof Error ? (error.stack ?? message) : message;
    return { type: "unavailable", fault, message: detail };
  }
}
