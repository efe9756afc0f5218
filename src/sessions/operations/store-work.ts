import type { Transaction } from "kysely";
import type { StoreDatabase, Tables } from "../database/store-database.js";
import type { StoreQuota } from "../store-messages.js";

/** The bounds of a store. */
export interface StoreLimits {
  /** The most sessions of one owner. */
  readonly sessions: number;
  /** The most turns of one session. */
  readonly turns: number;
  /** The most bytes of one session's messages and answers. */
  readonly bytes: number;
  /** The age at which a session is deleted, even if it is used. Default: sessions that are used stay. */
  readonly ageMs?: number;
}

/** The surroundings of an operation inside one transaction. */
export interface Work {
  readonly trx: Transaction<Tables>;
  /** The time of the request, since the epoch. */
  readonly nowMs: number;
  readonly limits: StoreLimits;
  /** The bounds of the owner's tenant. */
  readonly quota: StoreQuota;
  /** True: rows have to be locked before they are changed. False: only one transaction writes at a time. */
  readonly locksRows: boolean;
  /** Notes that a session was deleted, so that the next sweep takes its texts out of the files. */
  noteDeletion(): void;
}

/** The two kinds of transactions of one operation. */
export class StoreAccess {
  readonly nowMs: number;
  readonly #database: StoreDatabase;
  readonly #work: Omit<Work, "trx">;

  constructor(database: StoreDatabase, given: Pick<Work, "nowMs" | "limits" | "quota">) {
    this.nowMs = given.nowMs;
    this.#database = database;
    this.#work = { ...given, locksRows: database.locksRows, noteDeletion: () => database.noteDeletion() };
  }

  /** Takes the texts of deleted sessions out of the database's files. */
  purge(): void {
    this.#database.purge();
  }

  /** Reads the store at one moment. It works on a store that cannot be written. */
  async read<Result>(body: (work: Work) => Promise<Result>): Promise<Result> {
    const transaction = this.#database.db.transaction().setIsolationLevel("repeatable read").setAccessMode("read only");
    return await transaction.execute(async (trx) => await body({ ...this.#work, trx }));
  }

  /** Stores everything that `body` writes, or nothing. */
  async write<Result>(body: (work: Work) => Promise<Result>): Promise<Result> {
    const result = await this.#database.db.transaction().execute(async (trx) => await body({ ...this.#work, trx }));
    // The file may have gone during the write, and then the caller is not told that its data is stored.
    this.#database.checkInPlace();
    return result;
  }
}
