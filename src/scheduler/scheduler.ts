import type { CallOrigin } from "../core/calls.js";
import type { CancelMode } from "../core/engine-messages.js";
import { GenerationError } from "../core/generation-error.js";
import type { GenerationWatcher } from "../core/generation-message.js";
import type { GenerationReport, GenerationState, Usage } from "../core/generation-report.js";
import type { Lane } from "../core/generation-request.js";
import type { Limits } from "../core/limits.js";
import type { LoadSnapshot } from "../core/load-snapshot.js";
import { creditWindow } from "../core/piece.js";
import { EQUAL_TENANTS, type TenantPolicies } from "../core/tenant-policy.js";
import type { UsageRecorder } from "../core/usage-recorder.js";
import type { Clock } from "../sync/clock.js";
import { Deferred } from "../sync/deferred.js";
import { printableText } from "../telemetry/log-text.js";
import type { Logger } from "../telemetry/logger.js";
import { AdmissionGate } from "./admission.js";
import { Dispatcher } from "./dispatcher.js";
import type { Newcomer, PreparedRun } from "./forecast/run-work.js";
import { OutputLog } from "./generation/generation-output.js";
import { GenerationRecord, type RecordContext } from "./generation/generation-record.js";
import {
  GenerationLedger,
  GenerationRegistry,
  type GenerationTarget,
  type GenerationViewer,
  newGenerationId,
} from "./generation/generation-registry.js";
import { Generation } from "./generation/generation.js";
import { LoadCounters } from "./generation/load-counters.js";
import type { LifecycleState } from "./lifecycle-state.js";
import type { EngineLink } from "./link/engine-link.js";
import { takeLoadSnapshot } from "./load-snapshot.js";

export interface SchedulerOptions {
  readonly engine: Pick<EngineLink, "facts" | "lost" | "onNotice" | "send">;
  readonly lifecycle: LifecycleState;
  readonly limits: Limits;
  /** How the lanes share the slots while both want them. Each weight is above 0. */
  readonly laneWeights: Readonly<Record<Lane, number>>;
  /** Gets the usage of each accepted generation at its end. Default: nobody does. */
  readonly usage?: UsageRecorder;
  /** The tenants' shares and bounds. Default: all tenants are equal and have no bounds. */
  readonly policies?: TenantPolicies;
  /** At least 1. Default: the number of the engine's sequences, which is also the most that makes sense. */
  readonly slots?: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A call that opens a generation. */
export interface OpenedCall {
  /** The tenant of the caller, to whom the generation belongs. */
  readonly tenant: string;
  /** The caller's name within the tenant, for the usage log. Default: "". */
  readonly subject?: string;
  readonly requestId: string | undefined;
  readonly lane: Lane;
  /** The generation with the higher priority is first among those of its tenant that wait in the lane. Default 0. */
  readonly priority?: number;
  readonly labels: ReadonlyMap<string, string>;
  /** Where the call came from, for the log. */
  readonly origin?: CallOrigin;
  /** The call's one signal. Aborted with a GenerationError as its reason, it ends the generation in any state. */
  readonly signal: AbortSignal;
  /** The most bytes of output that are kept, so that another reader may take the generation over. Default: none are kept. */
  readonly keepOutputBytes?: number;
  readonly watcher?: GenerationWatcher | undefined;
}

/** A generation that a cancel met. */
export interface CancelledGeneration {
  readonly generationId: string;
  readonly tenant: string;
  /** The state in which the cancel met it. */
  readonly state: GenerationState;
}

/**
 * Owns every generation of the process from its call's opening to its end. It lives on the main thread, in front of one engine link. When the link is lost,
 * all generations end with ENGINE_LOST and the lifecycle fails.
 */
export class Scheduler implements Disposable {
  readonly #options: SchedulerOptions;
  readonly #registry = new GenerationRegistry();
  readonly #counters = new LoadCounters();
  readonly #ledger: GenerationLedger;
  readonly #dispatcher: Dispatcher;
  readonly #gate: AdmissionGate;
  readonly #recordContext: RecordContext;
  readonly #notices: Disposable;
  #emptied: Deferred<void> | undefined;

  constructor(options: SchedulerOptions) {
    const { engine, clock } = options;
    this.#options = options;
    this.#ledger = new GenerationLedger(options.limits, clock);
    this.#dispatcher = new Dispatcher({
      slots: options.slots ?? engine.facts.sequences,
      limits: options.limits,
      laneWeights: options.laneWeights,
      policies: options.policies ?? EQUAL_TENANTS,
      send: (command) => engine.send(command),
      clock,
      log: options.log,
    });
    this.#gate = new AdmissionGate({
      lifecycle: options.lifecycle,
      counters: this.#counters,
      retryAfterMs: () => this.#dispatcher.retryAfterMs(),
      mayRecord: () => options.usage?.isReady ?? true,
    });
    this.#recordContext = {
      clock,
      counters: this.#counters,
      window: creditWindow(options.limits),
      send: (command) => this.#dispatcher.send(command),
      ended: (record) => this.#ended(record),
      corrected: (record) => this.#ledger.correct(record.report()),
    };
    this.#notices = engine.onNotice((notice) => {
      if (notice.type === "step") this.#counters.drafted(notice.draftTokens, notice.acceptedDraftTokens);
      this.#dispatcher.onNotice(notice);
    });
    void engine.lost.then((error) => this.#lose(error));
  }

  /**
   * Registers a generation in state preparing. Its request id is in use within its tenant until it has ended.
   * @throws GenerationError STARTING, DRAINING, ENGINE_LOST or USAGE_LOG_UNAVAILABLE (with retryAfterMs), REQUEST_ID_IN_USE, TOO_MANY_CALLS, or the
   * reason of a signal that has aborted already.
   */
  open(call: OpenedCall): Generation {
    if (call.signal.aborted) throw GenerationError.from(call.signal.reason);
    this.#gate.pass();
    const { tenant, subject = "", requestId, lane, priority = 0, labels, origin } = call;
    if (requestId !== undefined && this.#registry.find({ requestId }, { tenant, everyTenant: false }) !== undefined) {
      throw this.#gate.refusal("REQUEST_ID_IN_USE", "a generation with this request id has not ended yet", {
        facts: { request_id: requestId },
      });
    }
    const { calls } = this.#options.limits;
    if (this.#registry.size >= calls) {
      const facts = { max_calls: String(calls) };
      throw this.#gate.refusalForNow("TOO_MANY_CALLS", `${calls} calls are open, which is the most`, facts);
    }
    const identity = {
      generationId: newGenerationId(),
      tenant,
      subject,
      requestId,
      lane,
      priority,
      labels,
      origin,
      createdMs: Date.now(),
    };
    const { signal, keepOutputBytes, watcher } = call;
    const outputLog = keepOutputBytes === undefined ? undefined : new OutputLog(keepOutputBytes);
    const record = new GenerationRecord(identity, { signal, outputLog, watcher }, this.#recordContext);
    this.#registry.add(record);
    return new Generation(record);
  }

  /**
   * Gives an opened generation a free slot, or an entry in its lane's queue. A generation is submitted once.
   * @throws GenerationError QUEUE_FULL and QUOTA_EXCEEDED (with retryAfterMs), DEADLINE_EXCEEDED, DRAINING, STARTING, ENGINE_LOST, or the error that has ended the generation
   * meanwhile. Nothing was accepted then, and the caller may try another server.
   */
  submit({ record }: Generation, run: PreparedRun): void {
    if (record.error !== undefined) throw record.error;
    if (record.accepted) throw new Error("a generation is submitted once");
    record.account.submitted(run.spec.inputTokens.length, run.prepareMs);
    // A soft cancel may have finished the generation while its input was prepared: there is nothing to run then.
    if (record.state === "preparing") this.#admit(record, run);
    record.accept(run.spec.sampling.seed);
    this.#counters.accepted();
  }

  /**
   * Ends a generation, or only its reasoning.
   * @throws GenerationError GENERATION_NOT_FOUND, also for a generation that is hidden from the viewer
   */
  cancel(target: GenerationTarget, mode: CancelMode, viewer: GenerationViewer): CancelledGeneration {
    const record = this.#registry.find(target, viewer);
    if (record === undefined) {
      throw new GenerationError("GENERATION_NOT_FOUND", "no generation that goes on has this id");
    }
    const { state, identity } = record;
    if (mode === "immediate") record.abort(cancelledByRequest());
    else record.cancelGently(mode);
    return { generationId: identity.generationId, tenant: identity.tenant, state };
  }

  /**
   * Reports on a generation that has not ended, or that was accepted and is still in the ledger. A request id means the newest generation with that id.
   * @throws GenerationError GENERATION_NOT_FOUND, also for a generation that is hidden from the viewer
   */
  report(target: GenerationTarget, viewer: GenerationViewer): GenerationReport {
    const report = this.#registry.find(target, viewer)?.report() ?? this.#ledger.find(target, viewer);
    if (report === undefined) {
      throw new GenerationError(
        "GENERATION_NOT_FOUND",
        "no generation that is known has this id; refused calls are not kept",
      );
    }
    return report;
  }

  /** @throws GenerationError QUEUE_FULL or QUOTA_EXCEEDED if a call of the tenant would be refused now. The refusal is not counted. */
  checkRoom(newcomer: Pick<Newcomer, "lane" | "tenant">): void {
    this.#dispatcher.checkRoom(newcomer);
  }

  /** Counts a call that was refused elsewhere, before it was submitted. */
  noteRefusal(error: GenerationError): void {
    this.#gate.noted(error);
  }

  load(): LoadSnapshot {
    return takeLoadSnapshot({
      lifecycle: this.#options.lifecycle.current,
      engine: this.#options.engine.facts,
      dispatcher: this.#dispatcher,
      registry: this.#registry,
      counters: this.#counters,
      nowMs: this.#options.clock.nowMs(),
    });
  }

  /** Makes `open` and `submit` throw DRAINING from now on. Accepted generations go on. */
  closeAdmission(): void {
    this.#gate.close();
  }

  /** Resolves once no generation is left. */
  drained(): Promise<void> {
    if (this.#registry.size === 0) return Promise.resolve();
    this.#emptied ??= new Deferred<void>();
    return this.#emptied.promise;
  }

  /** Ends every generation. The readers learn `error` now, and the slots fall free as the engine ends the runs. */
  endAll(error: GenerationError): void {
    for (const record of [...this.#registry]) record.abort(error);
  }

  /** Ends every generation and forgets the engine, which is closed next. */
  [Symbol.dispose](): void {
    this.closeAdmission();
    const error = new GenerationError("DRAINED", "the server is closing");
    this.endAll(error);
    this.#notices[Symbol.dispose]();
    this.#abandon(error);
    this.#dispatcher[Symbol.dispose]();
  }

  #admit(record: GenerationRecord, run: PreparedRun): void {
    this.#gate.pass();
    try {
      this.#dispatcher.admit(record, run);
    } catch (error) {
      throw error instanceof GenerationError ? this.#gate.noted(error) : error;
    }
  }

  #ended(record: GenerationRecord): void {
    this.#registry.remove(record);
    if (record.accepted && record.outcome !== undefined) {
      if (!record.account.hasRun) this.#dispatcher.neverRan(record);
      this.#counters.ended(record.outcome);
      this.#ledger.add(record.report());
      const { tenant, subject, generationId, requestId, labels } = record.identity;
      const { outcome } = record;
      const usage = billedUsage(record);
      this.#options.usage?.ended({ tenant, subject, generationId, requestId, labels, outcome, usage });
    }
    logEnd(this.#options.log, record);
    if (this.#registry.size > 0) return;
    this.#emptied?.resolve();
    this.#emptied = undefined;
  }

  #lose(cause: Error): void {
    this.#gate.loseEngine();
    const { lifecycle } = this.#options;
    if (lifecycle.current !== "stopped") lifecycle.advance("failed");
    this.#abandon(new GenerationError("ENGINE_LOST", "the engine was lost", { cause }));
  }

  /** Treats the engine as gone: it holds no run of this scheduler any more. */
  #abandon(error: GenerationError): void {
    this.#dispatcher.freeAllSlots();
    for (const record of [...this.#registry]) record.lose(error);
  }
}

/** Returns the usage without the input of a generation that never had a slot, of which the engine has prefilled nothing. */
function billedUsage({ account }: GenerationRecord): Usage {
  return account.hasRun ? account.usage() : { ...account.usage(), inputTokens: 0 };
}

function cancelledByRequest(): GenerationError {
  return new GenerationError("CANCELLED_BY_REQUEST", "CancelGeneration ended the generation");
}

/** Logs one line for a generation that has ended. A generation that was never accepted is logged at debug level. */
function logEnd(log: Logger, record: GenerationRecord): void {
  if (!record.accepted) log.debug(() => fieldsOf(record), "generation ended before it was accepted");
  else if (record.outcome === "SLOW_READER") log.warn(fieldsOf(record), "generation ended: its reader was too slow");
  else log.info(fieldsOf(record), "generation ended");
}

function fieldsOf(record: GenerationRecord): object {
  const { generationId, requestId, lane, labels, origin } = record.identity;
  return {
    generationId,
    requestId: requestId === undefined ? undefined : printableText(requestId),
    ...origin,
    lane,
    labels: labels.size === 0 ? undefined : printableLabels(labels),
    outcome: record.outcome,
    ...record.account.usage(),
    ...roundedMs(record.timings()),
    ...roundedMs(record.account.departure() ?? {}),
  };
}

function printableLabels(labels: ReadonlyMap<string, string>): object {
  return Object.fromEntries([...labels].map(([key, value]) => [printableText(key), printableText(value)]));
}

/** Rounds to the microsecond, because more digits only make the lines longer. */
function roundedMs(times: object): Record<string, unknown> {
  const entries = Object.entries(times).map(([name, value]: [string, unknown]) => [
    name,
    typeof value === "number" ? Math.round(value * 1_000) / 1_000 : value,
  ]);
  return Object.fromEntries(entries) as Record<string, unknown>;
}
