import { createRequire } from "node:module";
import type * as Package from "kysely";

/**
 * The parts of kysely that sessions/ uses, loaded file after file. As an ES module the package opens its 280 files all at once, which a process with
 * at most 256 open files cannot do.
 */
const values = createRequire(import.meta.url)("kysely") as typeof Package;

export const {
  CompiledQuery,
  Kysely,
  PostgresDialect,
  PostgresDriver,
  sql,
  SqliteAdapter,
  SqliteDriver,
  SqliteIntrospector,
  SqliteQueryCompiler,
} = values;
export type Kysely<Tables> = Package.Kysely<Tables>;
