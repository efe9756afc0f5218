import { formatStoreAddress, parseStoreAddress, type StoreAddress } from "../sessions/link/store-address.js";
import type { Setting } from "./setting.js";
import { count, duration } from "./setting-types.js";

const SECOND = 1_000;
const DAY = 24 * 60 * 60 * SECOND;

/** The settings of the store of sessions, except the limits. */
export const STORE_SETTINGS = {
  store: storeAddress({
    name: "store",
    about: "where sessions are stored; auto: a SQLite file in the platform's data folder",
    default: "auto",
  }),
  storeConnections: count({
    name: "store-connections",
    about: "largest number of connections to PostgreSQL",
    default: 10,
    min: 1,
    max: 1_000,
  }),
  storeStatementMs: duration({
    name: "store-statement-timeout",
    about: "time after which PostgreSQL gives a statement up",
    default: 5 * SECOND,
    min: 100,
    max: 60 * SECOND,
  }),
  sessionAgeMs: duration({
    name: "max-session-age",
    about: "age at which a session is deleted even if it is used; 0: sessions that are used stay",
    default: 0,
    min: 0,
    max: 3_650 * DAY,
  }),
};

function storeAddress(described: {
  readonly name: string;
  readonly about: string;
  readonly default: "auto";
}): Setting<StoreAddress | "auto"> {
  return {
    ...described,
    placeholder: "address|auto",
    expected: "auto, memory:, sqlite:PATH or postgres://USER@HOST/DATABASE",
    parse: (value) => (value === "auto" ? "auto" : parseStoreAddress(value)),
    format: (address) => (address === "auto" ? "auto" : formatStoreAddress(address)),
    // A password may stand between the scheme and the last @, or in a parameter.
    conceal: (value) => value.replace(/:\/\/.*@/su, "://…@").replace(/(password=)[^&]*/giu, "$1…"),
  };
}
