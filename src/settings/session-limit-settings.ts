import { DEFAULT_LIMITS, type Limits } from "../core/limits.js";
import type { Setting } from "./setting.js";
import { count, duration, size } from "./setting-types.js";

const SECOND = 1_000;
const DAY = 24 * 60 * 60 * SECOND;
const KIB = 1024;
const MIB = 1024 * KIB;

type SessionLimit =
  | "pageEntries"
  | "sessions"
  | "sessionTurns"
  | "sessionBytes"
  | "defaultSessionIdleMs"
  | "maxSessionIdleMs"
  | "turnLeaseMs";

/** The settings of the limits on stored sessions. */
export const SESSION_LIMIT_SETTINGS: { readonly [Limit in SessionLimit]: Setting<Limits[Limit]> } = {
  pageEntries: count({
    name: "max-page-size",
    about: "largest page of sessions or turns",
    default: DEFAULT_LIMITS.pageEntries,
    min: 1,
    max: 100_000,
  }),
  sessions: count({
    name: "max-sessions",
    about: "stored sessions",
    default: DEFAULT_LIMITS.sessions,
    min: 1,
    max: 100_000_000,
  }),
  sessionTurns: count({
    name: "max-session-turns",
    about: "turns in a session",
    default: DEFAULT_LIMITS.sessionTurns,
    min: 1,
    max: 1_048_576,
  }),
  sessionBytes: size({
    name: "max-session-size",
    about: "size of the messages and answers of a session, as JSON text",
    default: DEFAULT_LIMITS.sessionBytes,
    min: KIB,
    max: 1_024 * MIB,
  }),
  defaultSessionIdleMs: duration({
    name: "session-idle-timeout",
    about: "idle timeout of a session whose creator gives none",
    default: DEFAULT_LIMITS.defaultSessionIdleMs,
    min: SECOND,
    max: 3_650 * DAY,
  }),
  maxSessionIdleMs: duration({
    name: "max-session-idle-timeout",
    about: "longest idle_timeout of a session",
    default: DEFAULT_LIMITS.maxSessionIdleMs,
    min: SECOND,
    max: 3_650 * DAY,
  }),
  turnLeaseMs: duration({
    name: "turn-lease",
    about: "time without contact to the store after which other servers may end a server's turns",
    default: DEFAULT_LIMITS.turnLeaseMs,
    min: SECOND,
    max: 600 * SECOND,
  }),
};
