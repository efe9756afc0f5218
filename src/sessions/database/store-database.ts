import type { Kysely, Transaction } from "kysely";
import type { StoreFault } from "../store-problem.js";
import type { Tables } from "./tables.js";

/** A database of sessions, and the differences between the kinds of databases. */
export interface StoreDatabase {
  readonly db: Kysely<Tables>;
  /** True: several transactions may write at a time, and lock rows. */
  readonly locksRows: boolean;
  /** Resolves to false if nothing was ever stored here. */
  hasTables(): Promise<boolean>;
  /** Keeps other processes from changing the tables until the transaction ends. */
  lockSchema(trx: Transaction<Tables>): Promise<void>;
  /** Returns the fault that an error of this database means. */
  faultOf(error: unknown): StoreFault;
  /** @throws Error if the database's file is gone, so that data stored now would not be found again */
  checkInPlace(): void;
  /** Returns whether the database has to be closed and opened anew after this error. */
  isBrokenBy(error: unknown): boolean;
  /** Returns whether the error says that the store's tables are missing, because somebody has emptied the database. They are made anew then. */
  lacksTables(error: unknown): boolean;
  close(): Promise<void>;
}
