import type { AuditTrail } from "../../src/core/audit.js";
import { UNRECORDED } from "./audit-entries.js";
import { DEFAULT_LIMITS, type Limits } from "../../src/core/limits.js";
import type { ModelFacts } from "../../src/core/model-facts.js";
import { EQUAL_TENANTS, type TenantPolicies } from "../../src/core/tenant-policy.js";
import type { Preparer } from "../../src/prepare/preparer.js";
import type { Backend } from "../../src/generation/call/backend.js";
import type { GenerationHost } from "../../src/generation/claim/generation-call.js";
import { KeyedGenerations } from "../../src/generation/claim/keyed-generations.js";
import type { CallHost } from "../../src/grpc/call/call-context.js";
import { DescriptorSet } from "../../src/grpc/contract/descriptor-set.js";
import type { StrictService } from "../../src/grpc/contract/service-definition.js";
import { FailedChecks } from "../../src/grpc/connection/failed-checks.js";
import { GrpcServer } from "../../src/grpc/grpc-server.js";
import type { ReflectionMode } from "../../src/grpc/standard/reflection-service.js";
import { identifyCaller } from "../../src/identity/identify-caller.js";
import type { ListenAddress } from "../../src/machine/listen-address.js";
import { readOldTurnRecord } from "../../src/rill/old-turn-record.js";
import { createRillServices, type RillSource } from "../../src/rill/rill-services.js";
import { EngineLink } from "../../src/scheduler/link/engine-link.js";
import { LifecycleState } from "../../src/scheduler/lifecycle-state.js";
import { Scheduler } from "../../src/scheduler/scheduler.js";
import { createStore } from "../../src/sessions/link/create-store.js";
import { RunningTurns } from "../../src/sessions/running-turns.js";
import type { SessionStore } from "../../src/sessions/session-store.js";
import type { StoreAddress } from "../../src/sessions/link/store-address.js";
import type { UsageRecorder } from "../../src/core/usage-recorder.js";
import { type Clock, systemClock } from "../../src/sync/clock.js";
import { type Logger, silentLogger } from "../../src/telemetry/logger.js";
import type { Certificates } from "../../src/tls/certificates.js";
import { leasePreparer, type PreparerLease } from "./leased-preparers.js";
import type { ScriptedWorkerOptions } from "./scripted-worker.js";

const SCRIPTED_WORKER = new URL("./scripted-worker.js", import.meta.url);
const STEP_LIMIT_MS = 30_000;
const VERSION = "0.0.0-test";
const MAX_CONNECTIONS = 4_096;

/** What the server says it serves. The vocabulary is the scripted engine's, so that token ids may carry its faults. */
const MODEL = {
  name: "tiny",
  digest: "0123456789abcdef".repeat(4),
  sizeBytes: 600_000,
  architecture: "llama",
  vocabularySize: 65_536,
  trainContextTokens: 2_048,
} as const;

/** Time that a test moves by hours must not end its own connections. */
const MOVED_TIME_LIMITS: Partial<Limits> = { connectionIdleMs: 1_000 * 60 * 60_000 };

export interface TestServerOptions {
  readonly engine?: ScriptedWorkerOptions;
  readonly limits?: Partial<Limits>;
  /** Default: tenant. */
  readonly sharedPrefixes?: GenerationHost["sharedPrefixes"];
  /** Default: as many as the engine has sequences. */
  readonly slots?: number;
  /** What rpc/ and the scheduler go by; the workers keep real time. */
  readonly clock?: Clock;
  readonly log?: Logger;
  readonly instanceId?: string;
  /** Default: none. */
  readonly trustedProxies?: readonly string[];
  /** Default: nothing is recorded. */
  readonly audit?: AuditTrail;
  /** Default "on". */
  readonly reflection?: ReflectionMode;
  /** Default: all tenants are equal. */
  readonly policies?: TenantPolicies;
  /** Default 4,096. */
  readonly maxConnections?: number;
  /** A plaintext address, or several with their security. Default 127.0.0.1:0. */
  readonly listen?: string | readonly ListenAddress[];
  /** Default: none. */
  readonly healthListen?: string;
  /** The certificates of addresses with TLS. Default: none. The server does not dispose of them. */
  readonly certificates?: Certificates;
  /** False: the lifecycle stays at `starting`, and there is no backend. */
  readonly serving?: boolean;
  /** Default: in memory. Nothing is opened before the first session call. */
  readonly store?: StoreAddress;
  /** Gets the usage of generations. Default: nobody does. */
  readonly usage?: UsageRecorder;
  /** The store's time of day. Default: the real one. */
  readonly wallNowMs?: () => number;
  /** In place of the preparer's own, for a test that holds it up or makes it fail. */
  readonly prepare?: Backend["preparer"]["prepare"];
  /** Decides who calls. Default: every caller is the same one and may do everything. */
  readonly identify?: CallHost["identify"];
  /** The services of other protocols beside rill.v1. */
  readonly moreServices?: (host: CallHost, source: RillSource) => readonly StrictService[];
  /** Default: those of the contract. */
  readonly descriptors?: DescriptorSet;
  /** Whether the model is one that thinks aloud. Default: what the preparer says of it. */
  readonly reasons?: boolean;
  /** The error because of which the model's own template is not used. Default: what the preparer says of it. */
  readonly templateProblem?: string;
}

/**
 * The whole server on a free port, put together as main.ts does it: real gRPC, real scheduler, real prepare worker on the tiny model, and the scripted
 * engine in a worker of its own. Disposing takes it down.
 */
export class TestServer implements AsyncDisposable {
  readonly rpc: GrpcServer;
  readonly lifecycle: LifecycleState;
  readonly limits: Limits;
  readonly model: ModelFacts;
  readonly scheduler: Scheduler;
  readonly store: SessionStore;
  readonly engine: EngineLink;
  readonly #turns: RunningTurns;
  readonly #lease: PreparerLease;

  private constructor(parts: {
    rpc: GrpcServer;
    lifecycle: LifecycleState;
    limits: Limits;
    model: ModelFacts;
    scheduler: Scheduler;
    store: SessionStore;
    turns: RunningTurns;
    engine: EngineLink;
    lease: PreparerLease;
  }) {
    this.rpc = parts.rpc;
    this.lifecycle = parts.lifecycle;
    this.limits = parts.limits;
    this.model = parts.model;
    this.scheduler = parts.scheduler;
    this.store = parts.store;
    this.#turns = parts.turns;
    this.engine = parts.engine;
    this.#lease = parts.lease;
  }

  static async start(options: TestServerOptions = {}): Promise<TestServer> {
    const { clock = systemClock, log = silentLogger, serving = true } = options;
    const limits = { ...DEFAULT_LIMITS, ...(clock === systemClock ? {} : MOVED_TIME_LIMITS), ...options.limits };
    const lifecycle = new LifecycleState();
    const lease = await leasePreparer({ limits, log });
    const { preparer, modelPath: path } = lease;
    const engine = await EngineLink.start({
      entry: SCRIPTED_WORKER,
      workerData: options.engine ?? {},
      stepLimitMs: STEP_LIMIT_MS,
      log,
      clock: systemClock,
    });
    const laneWeights = { interactive: 3, batch: 1 };
    const slots = options.slots ?? engine.facts.sequences;
    const scheduler = new Scheduler({
      engine,
      lifecycle,
      limits,
      laneWeights,
      ...(options.usage === undefined ? {} : { usage: options.usage }),
      slots,
      clock,
      log,
      policies: options.policies ?? EQUAL_TENANTS,
    });
    const { template } = preparer.facts;
    const reasoning = options.reasons ?? template.reasoning;
    const problem = options.templateProblem ?? template.problem;
    const model: ModelFacts = { ...MODEL, path, template: { ...template, reasoning, problem } };
    const backend: Backend = {
      scheduler,
      preparer: toTestPreparer(preparer, options.prepare),
      model,
      engine: engine.facts,
    };
    const store = createStore({
      address: options.store ?? { type: "memory" },
      limits: { sessions: limits.sessions, turns: limits.sessionTurns, bytes: limits.sessionBytes },
      policies: options.policies ?? EQUAL_TENANTS,
      clock: systemClock,
      wallNowMs: options.wallNowMs ?? Date.now,
      log,
    });
    const { listen = "127.0.0.1:0", healthListen, certificates } = options;
    const source = { lifecycle, backend: () => (serving ? backend : undefined) };
    const turns = new RunningTurns({ store, leaseMs: limits.turnLeaseMs, clock, log });
    const { instanceId = "test-instance", maxConnections = MAX_CONNECTIONS } = options;
    const connections = { max: maxConnections, ageGraceMs: limits.generationTimeMs };
    const { trustedProxies = [] } = options;
    const keyed = new KeyedGenerations(limits, clock);
    const { sharedPrefixes = "tenant" } = options;
    const readOldRecord = readOldTurnRecord;
    const generations: GenerationHost = { keyed, turns, readOldRecord, sharedPrefixes, limits, clock };
    const { moreServices = () => [] } = options;
    const rill: RillSource = { ...source, generations, store, connections, version: VERSION, instanceId };
    const rpc = await GrpcServer.start({
      listen: typeof listen === "string" ? [{ security: "plaintext", address: listen }] : listen,
      healthListen,
      certificates,
      services: (host) => [...createRillServices(host, rill), ...moreServices(host, rill)],
      descriptors: options.descriptors ?? (await DescriptorSet.read()),
      identify: options.identify ?? identifyCaller,
      reflection: options.reflection ?? "on",
      audit: options.audit ?? UNRECORDED,
      failedChecks: new FailedChecks(clock),
      lifecycle,
      limits,
      connections,
      trustedProxies,
      instanceId,
      log,
      clock,
    });
    if (serving) lifecycle.advance("serving");
    return new TestServer({ rpc, lifecycle, limits, model, scheduler, store, turns, engine, lease });
  }

  /** host:port */
  get address(): string {
    return this.rpc.address;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.rpc[Symbol.asyncDispose]();
    this.scheduler[Symbol.dispose]();
    await this.#turns[Symbol.asyncDispose]();
    await this.store[Symbol.asyncDispose]();
    await this.engine[Symbol.asyncDispose]();
    this.#lease[Symbol.dispose]();
  }
}

/** Token ids go to the engine as they are: its vocabulary is larger than the tiny model's. All else is the real preparer's. */
function toTestPreparer(preparer: Preparer, prepare: TestServerOptions["prepare"]): Backend["preparer"] {
  const passTokens: Backend["preparer"]["prepare"] = async (input, options) =>
    input.type === "token_ids" ? { tokens: Uint32Array.from(input.tokenIds) } : await preparer.prepare(input, options);
  return {
    prepare: prepare ?? passTokens,
    countTools: (input, options) => preparer.countTools(input, options),
    tokenize: (request, signal) => preparer.tokenize(request, signal),
    resolveBiases: (biases, signal) => preparer.resolveBiases(biases, signal),
    detokenize: (tokenIds, signal) => preparer.detokenize(tokenIds, signal),
  };
}
