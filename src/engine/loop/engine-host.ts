import type { EngineCommand, EngineNotice } from "../../core/engine-messages.js";
import { type Clock, systemClock } from "../../sync/clock.js";
import { Deferred } from "../../sync/deferred.js";
import type { HostChannel } from "../../threads/host-channel.js";
import type { Engine } from "../engine.js";
import type { DraftPolicy } from "./draft-planner.js";
import type { PrefillLimits } from "./prefill-planner.js";
import { StepLoop } from "./step-loop.js";

/** The limit for a slot hand-over. The main thread mostly answers within 0.5 ms, and a step takes ten times as long and more. */
const HANDOVER_MS = 3;

export interface EngineHostOptions {
  readonly engine: Engine;
  /** The host's end of the channel to the scheduler, which sends several commands in one message. The host closes it at its own end. */
  readonly channel: HostChannel<readonly EngineCommand[], EngineNotice>;
  readonly prefill: PrefillLimits;
  /** Default: nothing is drafted. */
  readonly drafts?: DraftPolicy | undefined;
  /** The number of faults in a row after which the engine is checked; it closes if the check fails too. Default: it is never checked. */
  readonly faultLimit?: number | undefined;
  /** Default: the system's clock. */
  readonly clock?: Clock;
}

/**
 * Serves one engine on the inference worker: posts `ready`, hands commands to the step loop and posts its notices. Returns once a `close` is carried
 * out, or once the engine was found broken; the engine is disposed of by then.
 */
export async function runEngineHost(options: EngineHostOptions): Promise<void> {
  const { engine, channel, prefill, drafts, faultLimit } = options;
  const post = (notice: EngineNotice): void => channel.post(notice);
  const carryOut = (command: EngineCommand): void => {
    switch (command.type) {
      case "start":
        loop.start(command.run, command.credit);
        break;
      case "credit":
        loop.grant(command.runId, command.credit);
        break;
      case "cancel":
        loop.cancel(command.runId, command.mode);
        break;
      case "preempt":
        loop.preempt(command.runId);
        break;
      case "resume":
        loop.resume(command.runId);
        break;
      case "slots_handed_over":
        handover.done();
        break;
      case "ping":
        post({ type: "pong", pingId: command.pingId, stepNumber: loop.present.number });
        break;
      case "close":
        loop.close();
        break;
    }
  };
  const carryOutAll = (commands: readonly EngineCommand[]): void => commands.forEach(carryOut);
  const takeCommands = (): void => channel.drain().forEach(carryOutAll);
  const clock = options.clock ?? systemClock;
  const handover = new SlotHandover(clock, HANDOVER_MS);
  const loop = new StepLoop({ engine, prefill, drafts, clock, post, takeCommands, handover, faultLimit });
  channel.onCommand(carryOutAll);
  post({ type: "ready", facts: engine.facts });
  await loop.run();
  await engine[Symbol.asyncDispose]();
  post({ type: "closed" });
  channel.close();
}

/**
 * Lets the scheduler hand freed slots over to other runs before the next step begins without them. The wait is bounded, since other runs decode: a
 * busy main thread holds them up no longer than the limit, and the slot stays empty for one more step.
 */
export class SlotHandover {
  readonly #clock: Clock;
  readonly #limitMs: number;
  #answer: Deferred<void> | undefined;

  constructor(clock: Clock, limitMs: number) {
    this.#clock = clock;
    this.#limitMs = limitMs;
  }

  /** Resolves with `done` or after the limit, whichever comes first. One caller may wait at a time. */
  async wait(): Promise<void> {
    const answer = new Deferred<void>();
    this.#answer = answer;
    using _ = this.#clock.startTimer(this.#limitMs, () => answer.resolve());
    await answer.promise;
    this.#answer = undefined;
  }

  /** Ends the wait, since the runs that get the slots have come. Does nothing after the limit. */
  done(): void {
    this.#answer?.resolve();
  }
}
