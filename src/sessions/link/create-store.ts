import type { TenantPolicies } from "../../core/tenant-policy.js";
import type { Clock } from "../../sync/clock.js";
import type { Logger } from "../../telemetry/logger.js";
import { CalledStore, type StoreRunner } from "./called-store.js";
import { CommandRunner } from "../operations/command-runner.js";
import { readPostgresTarget } from "../database/postgres-tls.js";
import { openPostgresDatabase, postgresFaultOf } from "../database/postgres-database.js";
import type { StoreDatabase } from "../database/store-database.js";
import { IN_MEMORY } from "../database/sqlite-database.js";
import { formatStoreAddress, type StoreAddress } from "./store-address.js";
import { StoreLink } from "./store-link.js";
import type { StoreLimits } from "../operations/store-work.js";

/** The time in which a store has to answer, beyond that of one statement. */
const ANSWER_MARGIN_MS = 5_000;
const MAX_COMMANDS = 1_024;

/** The bounds of the connections to PostgreSQL. */
export interface PostgresBounds {
  /** The most connections at a time. */
  readonly connections: number;
  /** The time after which the server gives a statement up. */
  readonly statementMs: number;
}

const DEFAULT_POSTGRES_BOUNDS: PostgresBounds = { connections: 10, statementMs: 5_000 };

export interface StoreOptions {
  readonly address: StoreAddress;
  /** Default: 10 connections and 5 s. */
  readonly postgres?: PostgresBounds;
  readonly limits: StoreLimits;
  /** The bounds of the owners, each of which is a tenant. */
  readonly policies: TenantPolicies;
  readonly clock: Clock;
  /** The time of day, in ms since the epoch. */
  readonly wallNowMs: () => number;
  readonly log: Logger;
}

/** Creates the store of an address. The first call opens it, and a store that cannot be opened answers `unavailable` until it can. */
export function createStore(options: StoreOptions): CalledStore {
  const { policies, clock, wallNowMs, log } = options;
  return new CalledStore({
    runner: createRunner(options),
    policies,
    clock,
    wallNowMs,
    log,
    maxCommands: MAX_COMMANDS,
    answerMs: (options.postgres ?? DEFAULT_POSTGRES_BOUNDS).statementMs + ANSWER_MARGIN_MS,
  });
}

function createRunner(options: StoreOptions): StoreRunner {
  const { address, limits, clock, log, postgres = DEFAULT_POSTGRES_BOUNDS } = options;
  switch (address.type) {
    case "sqlite":
      return new StoreLink({ path: address.path, limits, clock, log });
    case "memory":
      return new StoreLink({ path: IN_MEMORY, limits, clock, log });
    case "postgres": {
      let isWarned = false;
      const open = (): StoreDatabase => {
        // The files that the address names are read again after a failure, since they may have been replaced.
        const target = readPostgresTarget(address.url);
        const { weakness } = target;
        if (weakness !== undefined && !isWarned) {
          log.warn(
            { store: formatStoreAddress(address), weakness },
            "what goes to PostgreSQL can be read on the way: sslmode=verify-full in --store would prevent it",
          );
        }
        isWarned = true;
        return openPostgresDatabase({ target, ...postgres });
      };
      return new CommandRunner({
        open,
        faultOf: postgresFaultOf,
        limits,
        label: formatStoreAddress(address),
        onWarning: (text) => log.warn({}, text),
      });
    }
  }
}
