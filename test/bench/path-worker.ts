import type { EngineCommand, EngineNotice } from "../../src/core/engine-messages.js";
import { runEngineHost } from "../../src/engine/loop/engine-host.js";
import { ThreadChannel, threadData } from "../../src/threads/host-channel.js";
import { ScriptedEngine, type ScriptedOptions } from "../support/scripted-engine.js";

/** So that one stream can go on for as long as it is measured. */
const CONTEXT_TOKENS = 4_000_000;

/** A worker's entry: every run echoes its prompt for ever, a token a step; STEP_MS in the environment says how long a step takes. */
const channel = new ThreadChannel<readonly EngineCommand[], EngineNotice>();
const stepMs = Number(process.env.STEP_MS ?? 0);
const { sequences } = threadData() as Required<ScriptedOptions>;
const engine = new ScriptedEngine({ sequences, contextTokens: CONTEXT_TOKENS, cycle: true, stepMs });
await runEngineHost({ engine, channel, prefill: { budgetMs: 1_000, maxTokens: 512 } });
