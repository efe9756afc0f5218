import { kill, pid } from "node:process";
import type { Config } from "../settings/config.js";
import { GenerationError } from "../core/generation-error.js";
import type { LifecycleState } from "../scheduler/lifecycle-state.js";
import { type Clock, RunningClock, startPause } from "../sync/clock.js";
import { onAbort } from "../sync/abort.js";
import { flushStream, type Logger } from "../telemetry/logger.js";
import { drain, type DrainOptions } from "./drain.js";
import { ExitCode } from "./exit-code.js";
import { closeMessage, drainMessage } from "./stop-messages.js";
import type { StopSignals } from "../machine/stop-signals.js";

/** The time that the workers have to finish their work. It exceeds the time after which the engine link terminates its worker. */
const CLOSE_LIMIT_MS = 15_000;
/** The time that the workers have if one of them is lost. Their work is then useless. */
const LOST_CLOSE_LIMIT_MS = 1_000;

/** A running server and everything that can end it. */
export interface Service {
  readonly config: Pick<Config, "drainDelayMs" | "drainGraceMs">;
  readonly lifecycle: LifecycleState;
  readonly signals: Pick<StopSignals, "drain" | "close" | "first" | "isFromKeyboard">;
  readonly rpc: DrainOptions["rpc"];
  readonly scheduler: DrainOptions["scheduler"] & { load(): { readonly generations: readonly unknown[] } };
  readonly engine: LosableWorker;
  readonly preparer: LosableWorker;
  readonly clock: Clock;
  readonly log: Logger;
  /** Prints a message for the person at the terminal. */
  readonly tell: (text: string) => void;
}

/** The main thread's end of a worker thread. */
interface LosableWorker extends AsyncDisposable {
  /** Resolves when the worker dies or hangs. It stays pending if the worker closes normally. */
  readonly lost: Promise<Error>;
}

/**
 * Waits for a signal or for the loss of a worker, then drains the server and closes the workers. The lifecycle is then stopped or failed. Called once, by
 * main.ts.
 */
export async function serveUntilEnded(service: Service): Promise<ExitCode> {
  const { config, lifecycle, signals, rpc, scheduler, engine, preparer, clock, log, tell } = service;
  const isLost = (): boolean => lifecycle.current === "failed";
  const lost = Promise.race([engine.lost, preparer.lost]).then(() => lifecycle.advance("failed"));
  await Promise.race([aborted(signals.drain), lost]);
  const { isFromKeyboard } = signals;
  const { drainGraceMs: graceMs } = config;
  // The delay lets load balancers notice, and no load balancer sends calls to a server that a person ends with Ctrl-C.
  const delayMs = isFromKeyboard ? 0 : config.drainDelayMs;
  if (!isLost()) {
    lifecycle.advance("draining");
    const generations = scheduler.load().generations.length;
    tell(drainMessage({ generations, delayMs, graceMs, isFromKeyboard }));
    log.info({ signal: signals.first, generations, delayMs, graceMs }, "draining");
  }
  using _closing = onAbort(signals.close, () => tell(closeMessage(isFromKeyboard)));
  await drain({
    rpc,
    scheduler,
    clock,
    delayMs,
    graceMs,
    hurry: Promise.race([aborted(signals.close), lost]),
    hurriedEnd: () =>
      isLost()
        ? new GenerationError("ENGINE_LOST", "the server lost one of its workers and restarts")
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

/**
 * Waits until the workers are closed. A worker that hangs in native code never closes, and then the process can end neither by `process.exit` nor by
 * running out of work, because both wait for its thread. After the limit the process therefore writes out the log and kills itself.
 */
async function closeWorkers(
  workers: readonly AsyncDisposable[],
  { limitMs, clock, log }: { readonly limitMs: number; readonly clock: Clock; readonly log: Logger },
): Promise<void> {
  using limit = startPause(new RunningClock(clock), limitMs);
  const closed = Promise.all(workers.map((worker) => worker[Symbol.asyncDispose]())).then(() => true);
  if (await Promise.race([closed, limit.over.then(() => false)])) return;
  log.error({ limitMs }, "a worker hangs in native code: the process kills itself");
  await flushStream(process.stdout);
  kill(pid, "SIGKILL");
}
