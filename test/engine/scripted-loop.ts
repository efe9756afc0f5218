import { setImmediate as nextTurn } from "node:timers/promises";
import { Deferred } from "../../src/sync/deferred.js";
import { ScriptedEngine, type ScriptedOptions } from "../support/scripted-engine.js";
import { LoopHarness } from "./loop-harness.js";

export const NO_CREDIT = { pieces: 0, bytes: 0 };
/** Tokens of the scripted vocabulary that stand for this text. */
export const bytes = (text: string): number[] => [...Buffer.from(text)];

/** A step loop over a scripted engine. */
export function scripted(options: ScriptedOptions = {}): { engine: ScriptedEngine; harness: LoopHarness } {
  const engine = new ScriptedEngine(options);
  return { engine, harness: new LoopHarness(engine) };
}

/** Holds every step from now on up until the gate is opened or disposed of; `reached` resolves when one stands at it. */
export function gateOf(engine: ScriptedEngine): Disposable & { reached: Promise<void>; open: () => void } {
  const reached = new Deferred<void>();
  const opened = new Deferred<void>();
  engine.beforeStep = async () => {
    reached.resolve();
    await opened.promise;
  };
  return { reached: reached.promise, open: opened.resolve, [Symbol.dispose]: opened.resolve };
}

/** Enough turns of the event loop for many unpaced steps. */
export async function someTurns(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await nextTurn();
}
