import type { Transaction } from "kysely";
import type { StoreDatabase } from "../database/store-database.js";
import type { Tables } from "../database/tables.js";

/** Bounds of what is stored. */
export interface StoreLimits {
  /** Sessions of one owner. */
  readonly sessions: number;
  /** Turns of one session. */
  readonly turns: number;
  /** Bytes of one session's messages and answers. */
  readonly bytes: number;
}

/** What an operation works with inside one transaction. */
export interface Work {
  readonly trx: Transaction<Tables>;
  /** When it was asked for, since the epoch. */
  readonly nowMs: number;
  readonly limits: StoreLimits;
  /** Rows that are to be changed have to be locked; false where only one transaction writes at a time anyway. */
  readonly locksRows: boolean;
}

/** The two kinds of transactions, open for one operation. */
export class StoreAccess {
  readonly nowMs: number;
  readonly #database: StoreDatabase;
  readonly #work: Omit<Work, "trx">;

  constructor(database: StoreDatabase, given: Pick<Work, "nowMs" | "limits">) {
    this.nowMs = given.nowMs;
    this.#database = database;
    this.#work = { ...given, locksRows: database.locksRows };
  }

  /** What is read is of one moment. Works on a store that can't be written. */
  async read<Result>(body: (work: Work) => Promise<Result>): Promise<Result> {
    const transaction = this.#database.db.transaction().setIsolationLevel("repeatable read").setAccessMode("read only");
    return await transaction.execute(async (trx) => await body({ ...this.#work, trx }));
  }

  /** All that `body` writes is stored when this returns, or nothing is. */
  async write<Result>(body: (work: Work) => Promise<Result>): Promise<Result> {
    const result = await this.#database.db.transaction().execute(async (trx) => await body({ ...this.#work, trx }));
    // The file may have gone while it was written: nobody is told then that something is stored.
    this.#database.checkInPlace();
    return result;
  }
}
