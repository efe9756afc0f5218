import { createRequire } from "node:module";
import type * as Package from "kysely";

/**
 * What sessions/ uses of kysely, loaded file after file. As an ES module the package has its 280 files opened all at once, which a process that may have 256
 * open cannot do.
 */
const values = createRequire(import.meta.url)("kysely") as typeof Package;

export const {
  CompiledQuery,
  Kysely,
  PostgresDialect,
  sql,
  SqliteAdapter,
  SqliteDriver,
  SqliteIntrospector,
  SqliteQueryCompiler,
} = values;
export type Kysely<Tables> = Package.Kysely<Tables>;
