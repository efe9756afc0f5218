import type { EngineCommand, EngineNotice } from "../../core/engine-messages.js";
import { systemClock, type Clock } from "../../sync/clock.js";
import type { HostChannel } from "../../threads/host-channel.js";
import type { Engine } from "../engine.js";
import type { DraftPolicy } from "./draft-planner.js";
import type { PrefillLimits } from "./prefill-planner.js";
import { SlotHandover } from "./slot-handover.js";
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
