import type { EngineCommand, EngineNotice } from "../../../src/core/engine-messages.js";
import { runEngineHost } from "../../../src/engine/loop/engine-host.js";
import { ThreadChannel, threadData } from "../../../src/threads/host-channel.js";
import { ScriptedEngine, type ScriptedOptions } from "../../support/scripted-engine.js";

/** Of a long history, so that it fits however long it gets. */
const CONTEXT_TOKENS = 1_000_000;
/** Of the prompt's end, where the newest message stands: no two answers are the same. */
const ECHOED_TOKENS = 24;
const STEP_MS = 1;

/** A worker's entry: says again and again what was said last, a token a step. */
const channel = new ThreadChannel<readonly EngineCommand[], EngineNotice>();
const { sequences } = threadData() as Required<ScriptedOptions>;
const options = { sequences, contextTokens: CONTEXT_TOKENS, cycle: true, echoedTokens: ECHOED_TOKENS, stepMs: STEP_MS };
await runEngineHost({ engine: new ScriptedEngine(options), channel, prefill: { budgetMs: 1_000, maxTokens: 512 } });
