import { spawnSync } from "node:child_process";
import { connect } from "node:net";
import { once } from "node:events";
import { setTimeout as pass } from "node:timers/promises";
import type { EngineCommand, EngineNotice } from "../../src/core/engine-messages.js";
import { runEngineHost } from "../../src/engine/loop/engine-host.js";
import type { LlamaWorkerOptions } from "../../src/engine/llama/llama-worker.js";
import { ThreadChannel, threadData } from "../../src/threads/host-channel.js";
import { ScriptedEngine, type ScriptedOptions } from "../support/scripted-engine.js";

/** Tokens that each run gets before the fault. */
const GOOD_TOKENS = 5;
const SLOW_STEP_PARTS = 32;
const SLOW_STEP_PART_MS = 25;

/**
 * A worker's entry: echoes each prompt for ever until the fault that FAULT in the environment asks for: `die` throws, `fail` fails in every pull, `hang` blocks in native
 * code, where not even the end of the process interrupts it, `slow` takes most of a second for each step, `held=PORT` is ready only when the connection
 * to that port ends.
 */
const [fault, detail = ""] = (process.env.FAULT ?? "").split("=");
const channel = new ThreadChannel<readonly EngineCommand[], EngineNotice>();
if (fault === "held") await once(connect(Number(detail), "127.0.0.1").resume(), "close");
const options = threadData() as ScriptedOptions & Pick<LlamaWorkerOptions, "faultLimit">;
const engine = new ScriptedEngine({
  ...options,
  cycle: true,
  ...(fault === "fail" ? { breaksAfterPulls: GOOD_TOKENS } : {}),
});
engine.beforeStep = async () => {
  if (engine.pulls <= GOOD_TOKENS) return;
  if (fault === "die") throw new Error("the engine broke");
  // In short stretches: a step of llama.cpp also has its work before it still when its process goes on after a stop.
  if (fault === "slow") for (let part = 0; part < SLOW_STEP_PARTS; part++) await pass(SLOW_STEP_PART_MS);
  if (fault === "hang") spawnSync(process.execPath, ["-e", "setTimeout(() => {}, 15_000)"]);
};
await runEngineHost({ engine, channel, prefill: { budgetMs: 1_000, maxTokens: 512 }, faultLimit: options.faultLimit });
