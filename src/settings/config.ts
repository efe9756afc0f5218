import { homedir } from "node:os";
import { isLoopback, parseAddress } from "./address.js";
import {
  defaultConnections,
  type DescriptorCount,
  findDescriptorProblems,
  shareDescriptors,
} from "./descriptor-budget.js";
import { countOpenDescriptors, readDescriptorLimit } from "../machine/descriptor-limit.js";
import { LIMIT_SETTINGS } from "./limit-settings.js";
import { SERVER_SETTINGS } from "./server-settings.js";
import { environmentNameOf } from "./setting.js";
import { valuesOfEnvironment, valuesOfFile, valuesOfFlags } from "./setting-sources.js";
import { settle, type SettledSetting, type ValuesOf } from "./settle.js";
import type { Limits } from "../core/limits.js";
import { modelCacheDirectory } from "../models/cache-directory.js";
import { defaultStorePath } from "../sessions/link/default-store-path.js";
import type { StoreAddress } from "../sessions/link/store-address.js";

/** Everything that can be set: complete, checked, frozen. Made once by `readConfig`, on the main thread, before anything starts. */
export type Config = ValuesOf<typeof SERVER_SETTINGS> & {
  readonly limits: Limits;
  readonly connections: ConnectionPlan;
};

/** What the settings of connections come to in this process. */
interface ConnectionPlan {
  /** Most gRPC connections at one time. */
  readonly max: number;
  readonly ageGraceMs: number;
  /** Most connections of the admin port at one time. */
  readonly adminMax: number;
}

export interface ConfigReading {
  readonly config: Config;
  /** Every setting with the text of its value and where it comes from, in the order of the tables. */
  readonly settled: readonly SettledSetting[];
  /** What looks like a mistake and changes nothing. */
  readonly warnings: readonly string[];
}

/** All that is wrong with the settings, one line each: origin, value, bound. The process ends with exit code 2. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.name = "ConfigError";
    this.problems = problems;
  }
}

export interface ConfigSources {
  /** What the command line gives, by the setting's name. */
  readonly flags: ReadonlyMap<string, string>;
  /** The YAML file that --config names; without it, RILL_CONFIG may name one. */
  readonly configPath: string | undefined;
  /** Default: the process's. */
  readonly environment?: Environment;
  /** Default: the process's. */
  readonly descriptors?: DescriptorCount;
}

/** Beyond the longest generation: waiting in line, preparing, and the last words to a slow reader. */
const AGE_GRACE_MARGIN_MS = 5 * 60_000;

type Environment = Readonly<Record<string, string | undefined>>;

const ALL_SETTINGS = [...Object.values(SERVER_SETTINGS), ...Object.values(LIMIT_SETTINGS)];
const CONFIG_VARIABLE = environmentNameOf("config");
/** Of the commands that call a server. */
const ADDRESS_VARIABLE = environmentNameOf("address");

/**
 * Settles every setting: flag over environment over file over default.
 *
 * @throws ConfigError with every problem at once
 */
export async function readConfig(given: ConfigSources): Promise<ConfigReading> {
  const environment = given.environment ?? process.env;
  const configPath = given.configPath ?? environment[CONFIG_VARIABLE] ?? "";
  const file = configPath === "" ? undefined : await valuesOfFile(ALL_SETTINGS, configPath);
  const sources = [
    valuesOfFlags(given.flags),
    valuesOfEnvironment(ALL_SETTINGS, environment),
    ...(file === undefined ? [] : [file.values]),
  ];
  const server = settle(SERVER_SETTINGS, sources);
  const limits = settle(LIMIT_SETTINGS, sources);
  const descriptors = given.descriptors ?? { limit: readDescriptorLimit(), open: countOpenDescriptors() };
  const connections = planConnections(server.values, limits.values, descriptors);
  const config: Config = Object.freeze({ ...server.values, limits: Object.freeze(limits.values), connections });
  const problems = [
    ...(file?.problems ?? []),
    ...server.problems,
    ...limits.problems,
    ...findConflicts(config),
    ...findDescriptorProblems(config.maxConnections, descriptors),
  ];
  if (problems.length > 0) throw new ConfigError(problems);
  return { config, settled: [...server.settled, ...limits.settled], warnings: findStrayVariables(environment) };
}

/**
 * An empty variable counts as not set: that is how compose files and shells say it. Called once, before any command reads the environment.
 * @param environment loses our variables that are empty; default: the process's
 */
export function forgetEmptyVariables(environment: Environment = process.env): void {
  for (const [name, value] of Object.entries(environment)) {
    if (name.startsWith("RILL_") && value === "") Reflect.deleteProperty(environment, name);
  }
}

/** What `modelCache: auto` stands for: below the platform's cache folder. */
export function defaultModelCache(): string {
  return modelCacheDirectory({ platform: process.platform, environment: process.env, homeDirectory: homedir() });
}

/** What `store: auto` stands for: a file below the platform's data folder. */
export function defaultStore(): StoreAddress {
  const surroundings = { platform: process.platform, environment: process.env, homeDirectory: homedir() };
  return { type: "sqlite", path: defaultStorePath(surroundings) };
}

/** What the launcher has made libuv's pool of; undefined: whatever libuv takes. */
export function poolThreads(): number | undefined {
  const threads = process.env.UV_THREADPOOL_SIZE;
  return threads === undefined ? undefined : Number(threads);
}

function planConnections(
  { maxConnections, connectionAgeGraceMs }: ValuesOf<typeof SERVER_SETTINGS>,
  { generationTimeMs }: Limits,
  descriptors: DescriptorCount,
): ConnectionPlan {
  const budget = shareDescriptors(descriptors);
  return Object.freeze({
    max: maxConnections === "auto" ? defaultConnections(budget) : maxConnections,
    ageGraceMs: connectionAgeGraceMs === "auto" ? generationTimeMs + AGE_GRACE_MARGIN_MS : connectionAgeGraceMs,
    adminMax: budget.adminConnections,
  });
}

/** Values that are fine alone and wrong together. */
function findConflicts(config: Config): readonly string[] {
  const { listen, insecureListen, limits } = config;
  const address = parseAddress(listen);
  const isExposed = address !== undefined && !isLoopback(address);
  const isOrdered = limits.minHeartbeatMs <= limits.maxHeartbeatMs;
  const isWatchOrdered = limits.minWatchIntervalMs <= limits.maxWatchIntervalMs;
  const hasBeats = limits.defaultHeartbeatMs > 0;
  const isBeatShort = hasBeats && limits.defaultHeartbeatMs < limits.minHeartbeatMs;
  const isBeatLong = hasBeats && limits.defaultHeartbeatMs > limits.maxHeartbeatMs;
  const isIdleOrdered = limits.defaultSessionIdleMs <= limits.maxSessionIdleMs;
  return [
    ...(isExposed && !insecureListen
      ? [
          `--listen ${listen} is reachable from beyond this machine and not encrypted: add --insecure-listen if that network can be trusted`,
        ]
      : []),
    ...(isOrdered ? [] : ["--min-heartbeat must not be longer than --max-heartbeat"]),
    ...(isBeatShort ? ["--default-heartbeat must not be shorter than --min-heartbeat"] : []),
    ...(isBeatLong ? ["--default-heartbeat must not be longer than --max-heartbeat"] : []),
    ...(isWatchOrdered ? [] : ["--min-watch-interval must not be longer than --max-watch-interval"]),
    ...(isIdleOrdered ? [] : ["--session-idle-timeout must not be longer than --max-session-idle-timeout"]),
  ];
}

/** Variables with our prefix that are no setting: a spelling mistake, or another program's. */
function findStrayVariables(environment: Environment): readonly string[] {
  const known = new Set([
    CONFIG_VARIABLE,
    ADDRESS_VARIABLE,
    ...ALL_SETTINGS.map(({ name }) => environmentNameOf(name)),
  ]);
  return Object.keys(environment)
    .filter((variable) => variable.startsWith("RILL_") && !known.has(variable))
    .map((variable) => `${variable} is not a setting and was ignored`);
}
