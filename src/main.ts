import { randomBytes } from "node:crypto";
import type { AdminServer } from "./admin/admin-server.js";
import { formatListenAddress } from "./machine/listen-address.js";
import { announcement } from "./server/announce.js";
import { chooseEngineSize } from "./server/engine-size.js";
import { ExitCode } from "./server/exit-code.js";
import { releaseAtExit, terminalDescriptors } from "./server/lost-terminal.js";
import { createPullReporter, type PullReporter } from "./server/pull-reporter.js";
import { openIdentity } from "./server/open-identity.js";
import { fetchModel, factsOf } from "./server/fetched-model.js";
import { serveUntilEnded } from "./server/serve-until-ended.js";
import { contextMessage, describeLogPlace, loadedMessage, loadingMessage } from "./server/start-messages.js";
import { openCertificates } from "./server/open-certificates.js";
import { startAdmin } from "./server/start-admin.js";
import { Reloads } from "./server/reloads.js";
import { ServerRecords } from "./server/server-records.js";
import { reportFailure } from "./server/start-failure.js";
import { StartSignals } from "./server/start-signals.js";
import { StopSignals } from "./machine/stop-signals.js";
import { VERSION } from "./settings/version.js";
import { defaultStore, ownCommands, poolThreads, type Config, type OwnCommands } from "./settings/config.js";
import type { LlamaWorkerOptions } from "./engine/llama/llama-worker.js";
import { stateDirectoryProblem } from "./engine/llama/state-files.js";
import { MemoryTidy } from "./sync/memory-tidy.js";
import { shrinkHeap, collectGarbage } from "./machine/memory.js";
import { FileMark } from "./models/files/file-mark.js";
import { Preparer } from "./prepare/preparer.js";
import type { Backend } from "./generation/call/backend.js";
import { KeyedGenerations } from "./generation/claim/keyed-generations.js";
import { DescriptorSet } from "./grpc/contract/descriptor-set.js";
import { FailedChecks } from "./grpc/connection/failed-checks.js";
import { GrpcServer } from "./grpc/grpc-server.js";
import { readOldTurnRecord } from "./rill/old-turn-record.js";
import { createRillServices } from "./rill/rill-services.js";
import { EngineLink } from "./scheduler/link/engine-link.js";
import { LifecycleState } from "./scheduler/lifecycle-state.js";
import { Scheduler } from "./scheduler/scheduler.js";
import { createStore, type StoreOptions } from "./sessions/link/create-store.js";
import { RunningTurns } from "./sessions/running-turns.js";
import type { CalledStore } from "./sessions/link/called-store.js";
import { SessionSweeper } from "./sessions/session-sweeper.js";
import { systemClock } from "./sync/clock.js";
import type { Certificates } from "./tls/certificates.js";
import { createLogger, type LogFormat, type RootLogger } from "./telemetry/logger.js";

/** The most input tokens in one step, however fast the machine is. The engine's batch has room for them beside a token of each run. */
const MAX_PREFILL_TOKENS = 512;

const STANDARD_INPUT = 0;

/** How often the sweeper deletes idle sessions and ends turns whose server was lost. */
const SWEEP_INTERVAL_MS = 5_000;
/** Enough random bytes that no two servers of a fleet get the same id. */
const INSTANCE_ID_BYTES = 8;

export interface ServeOptions {
  /** Warnings to log as soon as the log exists. */
  readonly warnings?: readonly string[];
  /** The module of the inference worker, which gets LlamaWorkerOptions as its workerData. The default is the worker for llama.cpp. */
  readonly engineEntry?: URL;
}

/**
 * Serves until a signal or the loss of a worker, and returns the exit code. The log goes to standard output, and messages for people go to standard
 * error. Called once per process, on the main thread; the caller ends the process.
 */
export async function serve(config: Config, options: ServeOptions = {}): Promise<ExitCode> {
  const { warnings = [], engineEntry = new URL("./engine/llama/llama-worker.js", import.meta.url) } = options;
  const { stdout, stderr } = process;
  const logFormat = config.logFormat === "auto" ? (stdout.isTTY ? "pretty" : "json") : config.logFormat;
  using reporter = createPullReporter(stderr);
  const tell = (text: string): void => {
    reporter.endBar();
    stderr.write(text);
  };
  const beforeLine = stdout.isTTY ? reporter.endBar : undefined;
  await using log = createLogger({ level: config.logLevel, format: logFormat, destination: stdout, beforeLine });
  const reloads = new Reloads(log);
  const terminals = terminalDescriptors();
  using signals = new StopSignals({
    atTerminal: terminals.includes(STANDARD_INPUT),
    nowMs: () => systemClock.nowMs(),
    onHangUp: () => releaseAtExit(terminals),
    onReload: () => void reloads.reloadAll(),
  });
  using starting = new StartSignals(signals, tell);
  for (const warning of warnings) log.warn({}, warning);
  try {
    return await run({ config, engineEntry, log, logFormat, reloads, signals, starting, reporter, tell });
  } catch (error) {
    if (signals.drain.aborted && !starting.isOver) {
      // The signal may also have ended a helper process of the load.
      if (error !== signals.drain.reason) log.info({ reason: String(error) }, "the start was interrupted");
      return signals.first === "SIGINT" ? ExitCode.interrupted : ExitCode.done;
    }
    await reportFailure(error, { config, log, tell, serveCommand: commands().serve });
    return ExitCode.failed;
  }
}

/** The words that call this program, for the person at the terminal. */
function commands(): OwnCommands {
  return ownCommands(process.argv[1] ?? "rill");
}

interface Surroundings {
  readonly config: Config;
  readonly engineEntry: URL;
  readonly log: RootLogger;
  readonly logFormat: LogFormat;
  readonly reloads: Reloads;
  readonly signals: StopSignals;
  readonly starting: StartSignals;
  /** Shows the progress of a download. */
  readonly reporter: PullReporter;
  /** Prints a message for the person at the terminal. */
  readonly tell: (text: string) => void;
}

/**
 * Starts the parts of the server in order. The end of the scope closes them in the opposite order, however it is reached.
 *
 * @throws Error with a message for people if a part cannot start, or the reason of the signal that arrives before the server is ready
 */
async function run(surroundings: Surroundings): Promise<ExitCode> {
  const { config, engineEntry, log, reloads, signals, starting, reporter, tell } = surroundings;
  const { listen, healthListen, limits, connections, trustedProxies, laneWeights, stepLimitMs } = config;
  const clock = systemClock;
  const lifecycle = new LifecycleState();
  const served: Served = { backend: undefined };
  const backend = (): Backend | undefined => served.backend;
  const named = { version: VERSION, instanceId: config.instanceId === "auto" ? createInstanceId() : config.instanceId };
  using records = new ServerRecords({ config, instanceId: named.instanceId, clock, log });
  reloads.recordTo(records);
  using identity = await openIdentity(config, { log, reloads, audit: records });
  using certificates = openCertificates(config, { reloads, clock, log });
  await using store = openStore(config, { policies: identity, log });
  await using turns = new RunningTurns({ store, leaseMs: limits.turnLeaseMs, clock, log });
  const keyed = new KeyedGenerations(limits, clock);
  const { sharedPrefixes } = config;
  const generations = { keyed, turns, readOldRecord: readOldTurnRecord, sharedPrefixes, limits, clock };
  const failedChecks = new FailedChecks(clock);
  // RPC starts before the model loads: an address in use shows at once, and health responds during the download and the load.
  await using rpc = await GrpcServer.start({
    listen,
    healthListen: healthListen === "off" ? undefined : healthListen,
    certificates,
    services: (host) => createRillServices(host, { lifecycle, backend, generations, store, connections, ...named }),
    descriptors: await DescriptorSet.read(),
    identify: identity.identify,
    audit: records,
    failedChecks,
    reflection: config.reflection === "auto" && !identity.isConfigured ? "local" : config.reflection,
    lifecycle,
    limits,
    connections,
    trustedProxies,
    instanceId: named.instanceId,
    log,
    clock,
  });
  // The sweeper starts after the address is bound, so that a second server that was started by mistake does not touch the store.
  using _sweeper = SessionSweeper.start({ store, intervalMs: SWEEP_INTERVAL_MS, clock, log });
  await using admin = await startAdmin({
    config,
    lifecycle,
    log,
    backend,
    store,
    rpc,
    records,
    identity,
    certificates,
    failedChecks,
  });
  const model = await fetchModel(config, reporter, signals.drain);
  const marks = model.files.map(({ path }) => ({ path, mark: new FileMark(path) }));
  const { contextReason: reason, ...size } = chooseEngineSize(config, model.gguf);
  tell(loadingMessage(model));
  if (reason !== undefined) tell(contextMessage({ contextTokens: size.contextTokens, reason }));
  starting.beginLoad();
  const loadStartMs = clock.nowMs();
  // The preparer starts before the engine, because its load would delay decoding.
  await using preparer = await Preparer.start({ modelPath: model.path, limits, log, queueCapacity: limits.calls });
  signals.drain.throwIfAborted();
  warnOfStateDirectory(config, log);
  const workerData: LlamaWorkerOptions = {
    modelPath: model.path,
    ...size,
    adaptsThreads: config.threads === "auto",
    poolThreads: poolThreads(),
    maxPrefillTokens: MAX_PREFILL_TOKENS,
    prefillBudgetMs: config.prefillBudgetMs,
    faultLimit: config.faultLimit,
    speculation: config.speculation === "auto",
    savedStateBytes: config.savedStateBytes,
    stateDirectory: config.stateDirectory,
    gpu: config.gpu === "off" ? false : config.gpu,
  };
  await using engine = await EngineLink.start({ entry: engineEntry, workerData, stepLimitMs, log, clock });
  signals.drain.throwIfAborted();
  void engine.lost.then(() => {
    for (const { path, mark } of marks) {
      if (mark.wasOverwritten) log.error({ path }, "the model's file was overwritten while it was in use");
    }
  });
  const facts = factsOf(model, preparer);
  using scheduler = new Scheduler({
    engine,
    lifecycle,
    limits,
    laneWeights,
    policies: identity,
    usage: records.usageOf(facts),
    clock,
    log,
  });
  served.backend = { scheduler, preparer, model: facts, engine: engine.facts };
  // The garbage of loading would otherwise count as memory that serving needs. The heap keeps its size, because serving will use it.
  collectGarbage();
  using _tidy = MemoryTidy.start({
    clock,
    sizeBytes: () => process.memoryUsage.rss(),
    isBusy: () => scheduler.load().slots.busy > 0,
    collect: shrinkHeap,
    onFailure: (err) => log.warn({ err }, "freeing the memory of a surge failed"),
  });
  tell(loadedMessage(clock.nowMs() - loadStartMs, engine.facts));
  starting[Symbol.dispose]();
  lifecycle.advance("serving");
  const { instanceId } = named;
  announceReady(served.backend, { ...surroundings, instanceId, rpc, admin, certificates });
  return await serveUntilEnded({ config, lifecycle, signals, rpc, scheduler, engine, preparer, clock, log, tell });
}

/** Creates an id for this process, which distinguishes two starts of one server. */
function createInstanceId(): string {
  return randomBytes(INSTANCE_ID_BYTES).toString("hex");
}

/** Warns of an unusable state directory. The server works without one, only slower. */
function warnOfStateDirectory({ stateDirectory, savedStateBytes }: Config, log: RootLogger): void {
  const problem = savedStateBytes === 0 ? undefined : stateDirectoryProblem(stateDirectory);
  if (problem !== undefined) log.warn({}, problem);
}

interface Served {
  /** The backend, or undefined until the model is loaded. */
  backend: Backend | undefined;
}

function openStore(config: Config, { policies, log }: Pick<StoreOptions, "policies" | "log">): CalledStore {
  const { store, storeConnections: connections, storeStatementMs: statementMs, sessionAgeMs, limits } = config;
  return createStore({
    address: store === "auto" ? defaultStore() : store,
    postgres: { connections, statementMs },
    limits: {
      sessions: limits.sessions,
      turns: limits.sessionTurns,
      bytes: limits.sessionBytes,
      ...(sessionAgeMs === 0 ? {} : { ageMs: sessionAgeMs }),
    },
    policies,
    clock: systemClock,
    wallNowMs: Date.now,
    log,
  });
}

interface Announcing extends Pick<Surroundings, "log" | "logFormat" | "tell"> {
  readonly instanceId: string;
  readonly rpc: GrpcServer;
  readonly admin: AdminServer | undefined;
  readonly certificates: Certificates | undefined;
}

/** Writes one log line for programs and a short message for people. */
function announceReady({ model, engine }: Backend, announcing: Announcing): void {
  const { log, logFormat, tell, instanceId, rpc, admin, certificates } = announcing;
  const { contextTokens, sequences: slots, threads, release } = engine;
  const { address, addresses, healthAddress } = rpc;
  const listen = {
    address,
    addresses: addresses.map(formatListenAddress),
    healthAddress,
    adminAddress: admin?.address,
  };
  const facts = { version: VERSION, model: model.name, digest: model.digest, slots, contextTokens, threads, release };
  log.info({ ...listen, instanceId, ...facts }, "ready");
  const logPlace = describeLogPlace(logFormat, process.stdout.isTTY);
  const trust = certificates?.trust;
  const { name: modelName } = model;
  const adminAddress = admin?.listenAddress;
  tell(announcement({ addresses, adminAddress, modelName, trust, program: commands().rill, logPlace }));
}
