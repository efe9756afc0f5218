import { setTimeout as delay } from "node:timers/promises";
import type { EngineCommand, EngineNotice } from "../../../src/core/engine-messages.js";
import { runEngineHost } from "../../../src/engine/loop/engine-host.js";
import { ThreadChannel, threadData } from "../../../src/threads/host-channel.js";
import { ScriptedEngine, type ScriptedOptions } from "../../support/scripted-engine.js";

/** So that one stream can go on for as long as all attacks last. */
const CONTEXT_TOKENS = 4_000_000;
/** A step is several waits: like a decode, it has to go on where it was when the process was stopped in its midst. */
const WAITS = 4;
const WAIT_MS = 4;

/** A worker's entry: every run echoes its prompt for ever, at a token every 16 ms and what the timers add. */
const channel = new ThreadChannel<readonly EngineCommand[], EngineNotice>();
const { sequences } = threadData() as Required<ScriptedOptions>;
const engine = new ScriptedEngine({ sequences, contextTokens: CONTEXT_TOKENS, cycle: true });
engine.beforeStep = async () => {
  for (let n = 0; n < WAITS; n += 1) await delay(WAIT_MS);
};
await runEngineHost({ engine, channel, prefill: { budgetMs: 1_000, maxTokens: 512 } });
