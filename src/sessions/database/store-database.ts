import type { Kysely, Transaction } from "kysely";
import type { StoreFault } from "../store-problem.js";
import type { Tables } from "./tables.js";

/** One database that sessions are kept in, and where its kind differs from the other. */
export interface StoreDatabase {
  readonly db: Kysely<Tables>;
  /** Several transactions write at a time. */
  readonly locksRows: boolean;
  /** False: nothing was ever stored here. */
  hasTables(): Promise<boolean>;
  /** Keeps other processes from changing the tables until the transaction ends. */
  lockSchema(trx: Transaction<Tables>): Promise<void>;
  /** What an error of this database means. */
  faultOf(error: unknown): StoreFault;
  /** @throws Error when what is stored now would not be found again, because the file is gone from its place */
  checkInPlace(): void;
  /** Whether the database has to be closed after this error, and connected to anew. */
  isBrokenBy(error: unknown): boolean;
  /** Whether the error says that our tables are missing: somebody has emptied the database. They are made anew then. */
  lacksTables(error: unknown): boolean;
  close(): Promise<void>;
}
