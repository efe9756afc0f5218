import type { Config } from "../settings/config.js";
import { GenerationError } from "../core/generation-error.js";
import type { LifecycleState } from "../scheduler/lifecycle-state.js";
import type { Clock } from "../sync/clock.js";
import { onAbort } from "../sync/on-abort.js";
import type { Logger } from "../telemetry/logger.js";
import { closeWorkers } from "./close-workers.js";
import { drain, type DrainOptions } from "./drain.js";
import { ExitCode } from "./exit-code.js";
import type { StopSignals } from "../machine/stop-signals.js";

/** How long the workers may take to finish what they do: longer than the engine link waits before it terminates its own. */
const CLOSE_LIMIT_MS = 15_000;
/** The same when one of them is lost: nobody needs what it does any more. */
const LOST_CLOSE_LIMIT_MS = 1_000;

/** A server that serves, and what ends it. */
export interface Service {
  readonly config: Pick<Config, "drainDelayMs" | "drainGraceMs">;
  readonly lifecycle: LifecycleState;
  readonly signals: Pick<StopSignals, "drain" | "close" | "first">;
  readonly rpc: DrainOptions["rpc"];
  readonly scheduler: DrainOptions["scheduler"];
  readonly engine: LosableWorker;
  readonly preparer: LosableWorker;
  readonly clock: Clock;
  readonly log: Logger;
  /** Says something to the person at the terminal. */
  readonly tell: (text: string) => void;
}

/** The main thread's end of a worker thread. */
interface LosableWorker extends AsyncDisposable {
  /** Resolves when the worker dies or hangs; stays pending on a clean close. */
  readonly lost: Promise<Error>;
}

/**
 * Waits for a signal or the loss of a worker, then ends service. Resolves when no call is left and the workers are closed; the lifecycle is stopped or
 * failed then. Called once by main.ts.
 */
export async function serveUntilEnded(service: Service): Promise<ExitCode> {
  const { config, lifecycle, signals, rpc, scheduler, engine, preparer, clock, log, tell } = service;
  const isLost = (): boolean => lifecycle.current === "failed";
  const lost = Promise.race([engine.lost, preparer.lost]).then(() => lifecycle.advance("failed"));
  await Promise.race([aborted(signals.drain), lost]);
  if (!isLost()) {
    lifecycle.advance("draining");
    log.info({ signal: signals.first, delayMs: config.drainDelayMs, graceMs: config.drainGraceMs }, "draining");
    tell("draining; a second signal closes at once\n");
  }
  await drain({
    rpc,
    scheduler,
    clock,
    delayMs: config.drainDelayMs,
    graceMs: config.drainGraceMs,
    hurry: Promise.race([aborted(signals.close), lost]),
    hurriedEnd: () =>
      isLost()
        ? new GenerationError("ENGINE_LOST", "the server has lost a part of itself and starts again")
        : new GenerationError("DRAINED", "the server was closed before the generation was finished"),
  });
  await closeWorkers([engine, preparer], { limitMs: isLost() ? LOST_CLOSE_LIMIT_MS : CLOSE_LIMIT_MS, clock, log });
  if (isLost()) return ExitCode.failed;
  lifecycle.advance("stopped");
  log.info({ interrupted: signals.close.aborted }, "stopped");
  return signals.close.aborted ? ExitCode.interrupted : ExitCode.done;
}

async function aborted(signal: AbortSignal): Promise<void> {
  await new Promise((resolve) => onAbort(signal, resolve));
}
