import type { Clock } from "../../sync/clock.js";
import type { Logger } from "../../telemetry/logger.js";
import { CalledStore, type StoreRunner } from "./called-store.js";
import { CommandRunner } from "../operations/command-runner.js";
import { openPostgresDatabase, postgresFaultOf } from "../database/postgres-database.js";
import { IN_MEMORY } from "../database/sqlite-database.js";
import { formatStoreAddress, type StoreAddress } from "./store-address.js";
import { StoreLink } from "./store-link.js";
import type { StoreLimits } from "../operations/store-work.js";

/** Longer than one statement may take, and shorter than a caller's patience. */
const ANSWER_MS = 10_000;
const MAX_COMMANDS = 1_024;

export interface StoreOptions {
  readonly address: StoreAddress;
  readonly limits: StoreLimits;
  readonly clock: Clock;
  /** The time of day, in ms since the epoch. */
  readonly wallNowMs: () => number;
  readonly log: Logger;
}

/** Creates the store of an address. The first call opens it, and a store that cannot be opened answers `unavailable` until it can. */
export function createStore(options: StoreOptions): CalledStore {
  const { clock, wallNowMs, log } = options;
  return new CalledStore({
    runner: createRunner(options),
    clock,
    wallNowMs,
    log,
    maxCommands: MAX_COMMANDS,
    answerMs: ANSWER_MS,
  });
}

function createRunner({ address, limits, clock, log }: StoreOptions): StoreRunner {
  switch (address.type) {
    case "sqlite":
      return new StoreLink({ path: address.path, limits, clock, log });
    case "memory":
      return new StoreLink({ path: IN_MEMORY, limits, clock, log });
    case "postgres":
      return new CommandRunner({
        open: () => openPostgresDatabase(address.url),
        faultOf: postgresFaultOf,
        limits,
        label: formatStoreAddress(address),
        onWarning: (text) => log.warn({}, text),
      });
  }
}
