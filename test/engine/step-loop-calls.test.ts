import assert from "node:assert/strict";
import fc from "fast-check";
import type { OutputFormat, OutputGrammar } from "../../src/core/output-format.js";
import { EngineFault, type StepResults, type StepWork } from "../../src/engine/engine.js";
import type { DraftPolicy } from "../../src/engine/loop/draft-planner.js";
import { functionary32Frames } from "../../src/prepare/template/families/functionary-32.js";
import { museFrames } from "../../src/prepare/template/families/muse.js";
import { FIRST_EXTRA_TOKEN, ScriptedEngine } from "../support/scripted-engine.js";
import { syntaxOf } from "./output/known-syntaxes.js";
import { LoopHarness, type RunRequest, type RunStory } from "./loop-harness.js";
import { MARKED } from "./marked-format.js";

/** A call as the model writes it, and as the grammar wants it: equally long, so that the script goes on behind it. */
const WRONG = '<tool_call>{"name": "look", "arguments": {"at": 12345}}</tool_call>';
const RIGHT = '<tool_call>{"name": "look", "arguments": {"at": "abc"}}</tool_call>';
const OTHER = '<tool_call>{"name": "look", "arguments": {"at": "abd"}}</tool_call>';
const GRAMMAR = holding(RIGHT, OTHER);
const ARGUMENTS = '{"at": "abc"}';

const drafting: DraftPolicy = { plan: (runs) => runs.map((run) => run.draft(3)), observe: () => {} };

/** The prompt ends with the mark that opens a call or an answer. */
const FUNCTIONARY: OutputFormat = {
  ...MARKED,
  reasoning: undefined,
  calls: [syntaxOf("functionary_32")],
  toolNames: ["look", "look_up"],
  frames: functionary32Frames.frames,
  opened: functionary32Frames.promptEnd,
};
/** Answers and reasoning begin as calls do, with a recipient. */
const MUSE: OutputFormat = {
  ...MARKED,
  reasoning: { begin: "to=self<|message|>", end: "<|eom|>", endTokens: [1], isOpen: false },
  calls: [syntaxOf("muse")],
  frames: museFrames.frames,
  opened: museFrames.promptEnd,
};

/** Says of no token whether the grammar could end after it, as the binding's generators don't. */
class BlindEngine extends ScriptedEngine {
  override async step(work: StepWork): Promise<StepResults> {
    const { pulls, prefills } = await super.step(work);
    const blind = pulls.map(async (pull) => {
      const result = await pull;
      return result instanceof EngineFault ? result : result.map(({ tokenId, score }) => ({ tokenId, score }));
    });
    return { pulls: blind, prefills };
  }
}

function holding(...texts: readonly string[]): OutputGrammar {
  return {
    gbnf: `root ::= (${texts.map((text) => JSON.stringify(text)).join(" | ")}) .*`,
    prefixFree: true,
    holds: "calls",
  };
}

/** The text of the answer and the arguments of the calls, in their order. */
function told({ pieces }: RunStory): readonly string[] {
  const parts: string[] = [];
  let lastCall: number | undefined = -1;
  for (const { text, call } of pieces) {
    const added = call?.arguments ?? text;
    if (call?.index === lastCall) parts.push((parts.pop() ?? "") + added);
    else parts.push(added);
    lastCall = call?.index;
  }
  return parts.filter((part) => part !== "");
}

async function complete(request: RunRequest, engine = new ScriptedEngine()) {
  await using harness = new LoopHarness(engine);
  const { end, tokenIds } = await harness.complete({ format: MARKED, grammar: GRAMMAR, ...request });
  const reason = end.outcome.type === "finished" ? end.outcome.reason : end.outcome.type;
  assert.equal(tokenIds.length, end.tally.outputTokens);
  return { parts: told(harness.story(1)), reason, grammars: engine.grammars };
}

describe("step loop: calls in a free answer", () => {
  it("are held from their opening on, and nothing else is", async () => {
    const prompt = `Let me see <tool.${WRONG} So it is.`;
    assert.deepEqual(await complete({ prompt }), {
      parts: ["Let me see <tool.", ARGUMENTS, " So it is."],
      reason: "tool_calls",
      grammars: 1,
    });
  });

  it("are each held anew, one behind the other and after text", async () => {
    const { parts, grammars } = await complete({ prompt: `${WRONG}${WRONG} and ${WRONG}` });
    assert.deepEqual(parts, [ARGUMENTS, ARGUMENTS, " and ", ARGUMENTS]);
    assert.equal(grammars, 3);
  });

  it("cost nothing where there are none", async () => {
    assert.deepEqual(await complete({ prompt: "no <tool_cal> here" }), {
      parts: ["no <tool_cal> here"],
      reason: "end_of_turn",
      grammars: 0,
    });
  });

  it("stay as they are written where the grammar does not allow their beginning", async () => {
    const engine = new ScriptedEngine({ extraTokens: [[...Buffer.from('_call>{"name": "fi')]] });
    const begun = [...Buffer.from("<tool"), FIRST_EXTRA_TOKEN, ...Buffer.from('nd", "arguments": {}}</tool_call>.')];
    const { parts, reason } = await complete({ prompt: begun, grammar: holding('<tool_call>{"name": "look"') }, engine);
    assert.deepEqual([parts, reason], [["{}", "."], "tool_calls"]);
  });

  it("are each held anew by an engine that can't tell where a grammar may end", async () => {
    const { parts, grammars } = await complete({ prompt: `So ${WRONG} and ${WRONG}.` }, new BlindEngine());
    assert.deepEqual(parts, ["So ", ARGUMENTS, " and ", ARGUMENTS, "."]);
    assert.equal(grammars, 2);
  });

  it("are held after reasoning, in which nothing is", async () => {
    const { parts } = await complete({ prompt: `<think>So ${WRONG}</think>${WRONG}` });
    assert.deepEqual(parts, [`So ${WRONG}`, ARGUMENTS]);
  });

  it("are held without a mark from where they are announced", async () => {
    const bare: OutputFormat = { ...MARKED, calls: [syntaxOf("llama3")] };
    const wrong = '{"name": "look", "parameters": {"at": 12345}}';
    const grammar = holding(wrong.replace("12345", '"abc"'));
    const { parts, grammars } = await complete({ prompt: ` \n${wrong} end`, format: bare, grammar });
    assert.deepEqual(parts, [ARGUMENTS, " end"]);
    assert.equal(grammars, 1);
    const answer = await complete({ prompt: '{"name": "Ann", "age": 12345}', format: bare, grammar });
    assert.deepEqual([answer.parts, answer.grammars], [['{"name": "Ann", "age": 12345}'], 0]);
  });

  it("are held without a mark before a token that would be all of their arguments", async () => {
    const engine = new ScriptedEngine({ extraTokens: [[...Buffer.from("{}}")]] });
    const format = { ...MARKED, calls: [syntaxOf("json")] };
    const head = '{"name": "look", "arguments": ';
    const prompt = [...Buffer.from(head), FIRST_EXTRA_TOKEN];
    const { parts, reason } = await complete({ prompt, format, grammar: holding(`${head}${ARGUMENTS}}`) }, engine);
    assert.deepEqual([parts, reason], [[ARGUMENTS], "tool_calls"]);
  });

  it("are held once their name is written, where the prompt ends with the mark that opens a call or an answer", async () => {
    const grammar = holding('>>>look\n{"at": "abc"}');
    const says = async (prompt: string) => {
      const { parts, grammars } = await complete({ prompt, format: FUNCTIONARY, grammar });
      return [parts, grammars];
    };
    assert.deepEqual(await says('look\n{"at": 12345}'), [[ARGUMENTS], 1]);
    assert.deepEqual(await says('look\n{"at": 12345}>>>look\n{"at": 12345}'), [[ARGUMENTS, ARGUMENTS], 2]);
    assert.deepEqual(await says('all\nLet me see.>>>look\n{"at": 12345}'), [["Let me see.", ARGUMENTS], 1]);
    for (const text of ["all\nlook\n{}", "all\nIt is 2 >>> 1.", "Looks good.", "lookout", "look", "2"]) {
      assert.deepEqual(await says(text), [[text.replace(/^all\n/, "")], 0], text);
    }
    assert.deepEqual(await says('look_up\n{"at": 12345}'), [['{"at": 12345}'], 1], "no call of the grammar");
  });

  it("are held once their recipient is no other one, where answers and reasoning begin as calls do", async () => {
    const call = (at: string): string =>
      ` to=look<|message|><atem:function_calls>\n<atem:invoke name="look">\n<atem:parameter name="at">${at}</atem:parameter>\n</atem:invoke>\n</atem:function_calls>`;
    const grammar = holding(`<|start|>assistant${call("abcde")}`);
    const says = async (prompt: string) => {
      const { parts, grammars } = await complete({ prompt, format: MUSE, grammar });
      return [parts.join(""), grammars];
    };
    const held = '{"at": "abcde"}';
    assert.deepEqual(await says(call("12345")), [held, 1]);
    assert.deepEqual(await says(" to=user<|message|>Go to=look now"), ["Go to=look now", 0]);
    const thought = " to=self<|message|>Hm to=look<|message|><|eom|>";
    assert.deepEqual(await says(`${thought}<|start|>assistant${call("12345")}`), [`Hm to=look<|message|>${held}`, 1]);
  });

  it("are held from the mark that the prompt has, whatever the tokens are and however many a draft brings", async () => {
    const wrong = 'look\n{"at": 12345}';
    const text = `${wrong}>>>all\nSo >>> it >>>${wrong}`;
    const grammar = holding('>>>look\n{"at": "abc"}');
    const cuts = fc.array(fc.nat({ max: text.length }), { maxLength: 16 });
    await fc.assert(
      fc.asyncProperty(cuts, fc.boolean(), async (places, drafts) => {
        const ends = [...new Set([...places, text.length, text.indexOf("12345"), text.lastIndexOf("12345")])];
        ends.sort((one, other) => one - other);
        const pieces = ends.map((end, index) => text.slice(ends[index - 1] ?? 0, end)).filter((piece) => piece !== "");
        const engine = new ScriptedEngine({ extraTokens: pieces.map((piece) => [...Buffer.from(piece)]) });
        await using harness = new LoopHarness(engine, drafts ? { drafts: drafting } : {});
        const prompt = pieces.map((_, index) => FIRST_EXTRA_TOKEN + index);
        await harness.complete({ prompt, format: FUNCTIONARY, grammar });
        const [first] = told(harness.story(1));
        assert.equal(first, ARGUMENTS);
      }),
      { numRuns: 40 },
    );
  });

  it("are held whatever the tokens are, and however many a draft brings", async () => {
    const text = `${RIGHT} a ${WRONG} b ${WRONG}.`;
    const cuts = fc.array(fc.nat({ max: text.length }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(cuts, fc.boolean(), async (places, drafts) => {
        const ends = [...new Set([...places, text.length])].sort((one, other) => one - other);
        const pieces = ends.map((end, index) => text.slice(ends[index - 1] ?? 0, end)).filter((piece) => piece !== "");
        const extraTokens = pieces.map((piece) => [...Buffer.from(piece)]);
        const engine = new ScriptedEngine({ extraTokens, echoedTokens: pieces.length });
        await using harness = new LoopHarness(engine, drafts ? { drafts: drafting } : {});
        const prompt = pieces.map((_, index) => FIRST_EXTRA_TOKEN + index);
        await harness.complete({ prompt: [...prompt, ...prompt], format: MARKED, grammar: GRAMMAR });
        const written = harness.story(1).pieces.flatMap(({ call }) => (call === undefined ? [] : [call]));
        // A token that opens a call may hold the wrong text already, which then stays as it is.
        const isSplit = ends.some((end) => end === text.indexOf("12345"));
        assert.equal(written.filter(({ head }) => head !== undefined).length >= 1, true);
        if (isSplit) assert.equal(told(harness.story(1))[0], ARGUMENTS);
      }),
      { numRuns: 40 },
    );
  });

  it("are held by drafts too, which never pass an opening", async () => {
    const engine = new ScriptedEngine();
    const long: DraftPolicy = { plan: (runs) => runs.map((run) => run.draft(24)), observe: () => {} };
    await using harness = new LoopHarness(engine, { drafts: long });
    const other = WRONG.replace("look", "find");
    const prompt = `${other} and ${other} and ${other}`;
    await harness.complete({ prompt, format: MARKED, grammar: GRAMMAR });
    assert.deepEqual(told(harness.story(1)), [ARGUMENTS, " and ", ARGUMENTS, " and ", ARGUMENTS]);
    assert.ok(engine.pulls < prompt.length - 20, `${engine.pulls}`);
  });

  it("go on in their grammar after a preemption at any token", async () => {
    const prompt = `So ${WRONG} it is`;
    const engine = new ScriptedEngine();
    await using harness = new LoopHarness(engine);
    const runId = harness.start({ prompt, format: MARKED, grammar: GRAMMAR, credit: { pieces: 0, bytes: 0 } });
    for (const _ of prompt) {
      harness.loop.grant(runId, { pieces: 1, bytes: 1_000 });
      await harness.until(runId, ({ parked, ends }) => parked || ends.length > 0);
      if (harness.story(runId).ends.length > 0) break;
      harness.loop.preempt(runId);
      await harness.until(runId, ({ preempted }) => preempted);
      harness.loop.resume(runId);
    }
    harness.loop.grant(runId, { pieces: 1_000, bytes: 10_000 });
    const { tally } = await harness.end(runId);
    assert.ok(tally.restarts > 12);
    assert.deepEqual(told(harness.story(runId)), ["So ", ARGUMENTS, " it is"]);
    assert.equal(engine.grammars, 1);
  });

  it("fail their run, and no other, where the engine can't compile their grammar", async () => {
    const engine = new ScriptedEngine();
    await using harness = new LoopHarness(engine);
    const grammar: OutputGrammar = { gbnf: "root ::= (", prefixFree: true, holds: "calls" };
    const failing = harness.start({ prompt: WRONG, format: MARKED, grammar });
    const other = harness.start({ prompt: WRONG, format: MARKED });
    assert.equal((await harness.end(failing)).outcome.type, "failed");
    assert.equal((await harness.end(other)).outcome.type, "finished");
    assert.equal(engine.openDecoders, 0);
  });
});
