import assert from "node:assert/strict";
import type { EngineCommand, EngineNotice, RunUpdate } from "../../src/core/engine-messages.js";
import { DEFAULT_LIMITS } from "../../src/core/limits.js";
import { LifecycleState } from "../../src/scheduler/lifecycle-state.js";
import { Scheduler } from "../../src/scheduler/scheduler.js";
import { silentLogger } from "../../src/telemetry/logger.js";
import { ManualClock } from "../support/manual-clock.js";
import { echo, runOf } from "./scheduler-rig.js";

/** A scheduler whose engine is played by the test. */
class Scene implements Disposable {
  readonly commands: EngineCommand[] = [];
  readonly #scheduler: Scheduler;
  #tell: (notice: EngineNotice) => void = () => undefined;

  constructor() {
    const lifecycle = new LifecycleState();
    lifecycle.advance("serving");
    this.#scheduler = new Scheduler({
      engine: {
        facts: { contextTokens: 100, sequences: 1, threads: 1, release: "played" },
        lost: new Promise<Error>(() => undefined),
        onNotice: (listener) => {
          this.#tell = listener;
          return { [Symbol.dispose]: () => undefined };
        },
        send: (command) => void this.commands.push(command),
      },
      lifecycle,
      limits: DEFAULT_LIMITS,
      laneWeights: { interactive: 3, batch: 1 },
      clock: new ManualClock(),
      log: silentLogger,
    });
  }

  submit(): void {
    const { signal } = new AbortController();
    const call = { tenant: "", requestId: undefined, lane: "interactive", labels: new Map(), signal } as const;
    this.#scheduler.submit(this.#scheduler.open(call), runOf(echo("abc")));
  }

  /** Tells of one step, in which the run generated a piece that nobody takes. */
  step(runId: number, stage: "running" | "preempted" | "ended"): void {
    const tally = { reusedInputTokens: 0, outputTokens: 1, restarts: 0, prefillMs: 1, decodeMs: 1, parkedMs: 0 };
    const reason = "max_tokens";
    const outcome = { type: "finished", reason, stopMatch: undefined, incompleteText: false } as const;
    const update: RunUpdate = {
      runId,
      stage,
      prefill: undefined,
      pieces: stage === "running" ? [{ text: "a", textBytes: 1, tokenIds: [97] }] : [],
      decodedTokens: 1,
      prefillTokensLeft: 0,
      reprefilledTokens: 0,
      end: stage === "ended" ? { outcome, tally } : undefined,
    };
    this.#tell({ type: "step", updates: [update], stepMs: 1, draftTokens: 0, acceptedDraftTokens: 0, kvTokens: 1 });
  }

  [Symbol.dispose](): void {
    this.#scheduler[Symbol.dispose]();
  }
}

describe("Scheduler: slots that fell free", () => {
  it("are told as handed over once their next runs were sent", () => {
    using scene = new Scene();
    scene.submit();
    scene.submit();
    scene.step(1, "running");
    assert.deepEqual(types(scene.commands), ["start"]);
    scene.step(1, "ended");
    assert.deepEqual(types(scene.commands), ["start", "start", "slots_handed_over"]);
  });

  it("are told as handed over to nobody, too, since the engine waits for the word", () => {
    using scene = new Scene();
    scene.submit();
    scene.step(1, "running");
    scene.step(1, "ended");
    assert.deepEqual(types(scene.commands), ["start", "slots_handed_over"]);
  });

  it("are told as handed over when a run gave its slot up", () => {
    using scene = new Scene();
    scene.submit();
    scene.submit();
    scene.step(1, "running");
    scene.step(1, "preempted");
    assert.deepEqual(types(scene.commands).slice(-2), ["start", "slots_handed_over"]);
  });
});

function types(commands: readonly EngineCommand[]): string[] {
  return commands.map(({ type }) => type);
}
