import { homedir } from "node:os";
import { basename, dirname } from "node:path";
import type { Limits } from "../core/limits.js";
import { modelCacheDirectory } from "../models/cache-directory.js";
import { PostgresTlsError, readPostgresTarget } from "../sessions/database/postgres-tls.js";
import { defaultStorePath, type StoreAddress } from "../sessions/link/store-address.js";
import {
  countOpenDescriptors,
  defaultConnections,
  type DescriptorCount,
  findDescriptorProblems,
  readDescriptorLimit,
  shareDescriptors,
} from "./descriptor-budget.js";
import { findIdentityConflicts } from "./identity-settings.js";
import { findAddressConflicts } from "./address-conflicts.js";
import { LIMIT_SETTINGS } from "./limit-settings.js";
import { SERVER_SETTINGS } from "./server-settings.js";
import { environmentNameOf } from "./setting.js";
import { shellWord } from "./shell-word.js";
import {
  settle,
  type SettledSetting,
  type ValuesOf,
  valuesOfEnvironment,
  valuesOfFile,
  valuesOfFlags,
} from "./setting-values.js";

/** The value of every setting, checked and frozen. `readConfig` creates it once, on the main thread, before anything starts. */
export type Config = ValuesOf<typeof SERVER_SETTINGS> & {
  readonly limits: Limits;
  readonly connections: ConnectionPlan;
};

/** The limits on connections that follow from the settings and from the descriptors of this process. */
interface ConnectionPlan {
  /** The number of concurrent gRPC connections. */
  readonly max: number;
  readonly ageGraceMs: number;
  /** The number of concurrent connections of the admin port. */
  readonly adminMax: number;
}

/** A configuration, and how it came about. */
export interface SettledConfig {
  readonly config: Config;
  /** Every setting with the text and the origin of its value, in the order of the tables. */
  readonly settled: readonly SettledSetting[];
  /** Likely mistakes that change nothing. */
  readonly warnings: readonly string[];
}

/** Lists every problem with the settings, one line each, with origin, value and bound. The process exits with code 2. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.name = "ConfigError";
    this.problems = problems;
  }
}

export interface ConfigSources {
  /** The values of the command line, by the name of the setting. */
  readonly flags: ReadonlyMap<string, string>;
  /** The YAML file that --config names. If it is undefined, RILL_CONFIG may name one. */
  readonly configPath: string | undefined;
  /** The environment variables. The default is those of the process. */
  readonly environment?: Environment;
  /** The descriptors of the process. The default is to count them. */
  readonly descriptors?: DescriptorCount;
}

/** Time that a call may need beyond its longest generation: for the queue, for preparation and for the status to a slow reader. */
const AGE_GRACE_MARGIN_MS = 5 * 60_000;

type Environment = Readonly<Record<string, string | undefined>>;

const ALL_SETTINGS = [...Object.values(SERVER_SETTINGS), ...Object.values(LIMIT_SETTINGS)];
const PACKAGE_NAME = "@rill-server/rill";
const CONFIG_VARIABLE = environmentNameOf("config");
/** The variables that commands read which call a server. */
const CLIENT_VARIABLES = ["address", "tls", "ca", "cert", "key", "server-name", "token"].map(environmentNameOf);

/**
 * Determines the value of every setting. A flag wins over the environment, the environment over the file, and the file over the default.
 *
 * @throws ConfigError with every problem at once
 */
export async function readConfig(given: ConfigSources): Promise<SettledConfig> {
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
 * Deletes empty RILL_ variables, because compose files and shells use an empty value for an unset variable. Called once, before any command reads the
 * environment.
 */
export function forgetEmptyVariables(environment: Environment = process.env): void {
  for (const [name, value] of Object.entries(environment)) {
    if (name.startsWith("RILL_") && value === "") Reflect.deleteProperty(environment, name);
  }
}

/** The key or token with which commands call a server, or undefined if the environment has none. It is a secret. */
export function tokenOfEnvironment(environment: Environment = process.env): string | undefined {
  return environment[environmentNameOf("token")];
}

/** The text of the variable that says whether commands encrypt their calls, or undefined if it is unset. */
export function clientTlsVariable(environment: Environment = process.env): string | undefined {
  return environment[environmentNameOf("tls")];
}

/** The folder that `modelCache: auto` stands for, in the platform's cache folder. */
export function defaultModelCache(): string {
  return modelCacheDirectory({ platform: process.platform, environment: process.env, homeDirectory: homedir() });
}

/** The store that `store: auto` stands for, a file in the platform's data folder. */
export function defaultStore(): StoreAddress {
  const surroundings = { platform: process.platform, environment: process.env, homeDirectory: homedir() };
  return { type: "sqlite", path: defaultStorePath(surroundings) };
}

/** The words with which a person calls this program again, and with which it serves. */
export interface OwnCommands {
  /** The program, to be followed by a command, such as `npx rill`. */
  readonly rill: string;
  /** The program with its command `serve`, to be followed by flags, such as `npm start --`. */
  readonly serve: string;
}

/** @param script the path of the program's script, as it was called */
export function ownCommands(script: string, environment: Environment = process.env): OwnCommands {
  const isOurScript = environment.npm_package_name === PACKAGE_NAME;
  if (isOurScript && ["start", "rill"].includes(environment.npm_lifecycle_event ?? "")) {
    return { rill: "npm run -s rill --", serve: "npm start --" };
  }
  const rill =
    basename(script) === "rill" ? (isLinkOfPackages(script) ? "npx rill" : "rill") : `node ${shellWord(script)}`;
  return { rill, serve: `${rill} serve` };
}

/** Whether npm made the link in the folder of a project's packages. */
function isLinkOfPackages(script: string): boolean {
  return basename(dirname(script)) === ".bin";
}

/** The size that the launcher gave libuv's thread pool, or undefined for libuv's default. */
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

/** The number of files that the lines of a maximum age take. */
const FILES_OF_AN_AGE = 6;

/** Finds values that are valid alone and conflict with one another. */
function findConflicts(config: Config): readonly string[] {
  const { limits } = config;
  const isOrdered = limits.minHeartbeatMs <= limits.maxHeartbeatMs;
  const isWatchOrdered = limits.minWatchIntervalMs <= limits.maxWatchIntervalMs;
  const hasBeats = limits.defaultHeartbeatMs > 0;
  const isBeatShort = hasBeats && limits.defaultHeartbeatMs < limits.minHeartbeatMs;
  const isBeatLong = hasBeats && limits.defaultHeartbeatMs > limits.maxHeartbeatMs;
  const isIdleOrdered = limits.defaultSessionIdleMs <= limits.maxSessionIdleMs;
  return [
    ...findAddressConflicts(config),
    ...findStoreProblems(config),
    ...(isOrdered ? [] : ["--min-heartbeat must not be longer than --max-heartbeat"]),
    ...(isBeatShort ? ["--default-heartbeat must not be shorter than --min-heartbeat"] : []),
    ...(isBeatLong ? ["--default-heartbeat must not be longer than --max-heartbeat"] : []),
    ...(isWatchOrdered ? [] : ["--min-watch-interval must not be longer than --max-watch-interval"]),
    ...findIdentityConflicts(config),
    ...(isIdleOrdered ? [] : ["--session-idle-timeout must not be longer than --max-session-idle-timeout"]),
  ];
}

/** Finds an age that the number of files cuts short. A quarter of the age ends a file, so that lines of the whole age take up to six. */
function fewFilesForAge(name: string, ageMs: number, files: number): readonly string[] {
  if (ageMs === 0 || files >= FILES_OF_AN_AGE) return [];
  return [`--${name}-files is ${files}, and must be at least ${FILES_OF_AN_AGE} with --${name}-age`];
}

/** Finds what is wrong with the address of PostgreSQL, and with records that would go to one file. */
function findStoreProblems(config: Config): readonly string[] {
  const { store, usageLog, auditLog } = config;
  const isShared = usageLog === auditLog && usageLog !== "off";
  const problems = [
    ...(isShared ? [`--usage-log and --audit-log are both ${usageLog}`] : []),
    ...fewFilesForAge("usage-log", config.usageLogAgeMs, config.usageLogFiles),
    ...fewFilesForAge("audit-log", config.auditLogAgeMs, config.auditLogFiles),
  ];
  if (store === "auto" || store.type !== "postgres") return problems;
  try {
    readPostgresTarget(store.url);
    return problems;
  } catch (error) {
    if (error instanceof PostgresTlsError) return [...problems, error.message];
    throw error;
  }
}

/** Warns of variables with our prefix that are no setting. They are spelling mistakes, or belong to another program. */
function findStrayVariables(environment: Environment): readonly string[] {
  const known = new Set([
    CONFIG_VARIABLE,
    ...CLIENT_VARIABLES,
    ...ALL_SETTINGS.map(({ name }) => environmentNameOf(name)),
  ]);
  return Object.keys(environment)
    .filter((variable) => variable.startsWith("RILL_") && !known.has(variable))
    .map((variable) => `${variable} is not a setting and was ignored`);
}
