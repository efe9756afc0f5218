import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { GenerationError } from "../../src/core/generation-error.js";
import type { UsageRecorder } from "../../src/core/usage-recorder.js";
import { TenantUsages } from "../../src/records/tenant-usage.js";
import { UsageLog } from "../../src/records/usage-log.js";
import type { Generation } from "../../src/scheduler/generation/generation.js";
import { echo, ENDLESS, readAll, SchedulerRig } from "../scheduler/scheduler-rig.js";
import { SCRIPT } from "../support/scripted-engine.js";
import { LineFileRig } from "./line-file-rig.js";

const WRITER = fileURLToPath(new URL("./line-writer-main.js", import.meta.url));

/** A line of the log as a billing program reads it. */
interface UsageLine {
  readonly tenant: string;
  readonly generationId: string;
  readonly inputTokens: number;
  readonly reusedInputTokens: number;
  readonly outputTokens: number;
  readonly outcome: string;
}

const PROMPTS = {
  short: echo("short"),
  long: Uint32Array.from({ length: 300 }, () => 97),
  endless: ENDLESS,
  failing: echo("ab", SCRIPT.FAIL_PULL),
  dying: echo("a", SCRIPT.DIE),
} as const;

const call = fc.record({
  tenant: fc.constantFrom("acme", "zeta", 'e"vil\n'),
  prompt: fc.constantFrom("short", "long", "endless", "failing"),
  end: fc.constantFrom("read", "abort", "cancel", "soft", "leave", "unread"),
  /** The turns of the event loop before the end. The engine runs meanwhile. */
  turns: fc.nat(100),
});

/** A call of the mix, or the one that takes the engine down. */
interface Call extends Omit<typeof call extends fc.Arbitrary<infer T> ? T : never, "prompt"> {
  readonly prompt: keyof typeof PROMPTS;
}

/** The usage recorder as the server puts it together, over a file in a rig. */
function recorderIn(rig: LineFileRig): { readonly usage: UsageRecorder; readonly sums: TenantUsages } & Disposable {
  const file = rig.open({ maxFiles: 1_000, maxBytes: 2_000 });
  const log = new UsageLog({ file, modelDigest: "d1", instanceId: "i1", withLabels: false, wallNowMs: Date.now });
  const sums = new TenantUsages(10);
  const usage: UsageRecorder = {
    ended: (generation) => {
      sums.ended(generation);
      log.ended(generation);
    },
    isReady: true,
  };
  return { usage, sums, [Symbol.dispose]: () => file[Symbol.dispose]() };
}

function linesOf(rig: LineFileRig): readonly UsageLine[] {
  return rig.files().flatMap((name) =>
    readFileSync(`${rig.folder}/${name}`, "utf8")
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as UsageLine),
  );
}

/** Plays one call and returns it, or undefined if it was refused. */
async function play(rig: SchedulerRig, { tenant, prompt, end, turns }: Call): Promise<Generation | undefined> {
  const controller = new AbortController();
  let generation: Generation;
  try {
    generation = rig.submit(PROMPTS[prompt], { tenant, controller });
  } catch (error) {
    assert.ok(error instanceof GenerationError);
    return undefined;
  }
  const reading = end === "read" && prompt !== "endless" ? readAll(generation).catch(() => undefined) : undefined;
  for (let turn = 0; turn < turns; turn += 1) await setImmediate();
  if (end === "abort") controller.abort(new GenerationError("SLOW_READER", "too slow"));
  if (end === "cancel" || end === "soft") {
    try {
      rig.cancel({ generationId: generation.generationId }, end === "soft" ? "soft" : "immediate");
    } catch (error) {
      assert.ok(error instanceof GenerationError && error.code === "GENERATION_NOT_FOUND");
    }
  }
  await reading;
  generation[Symbol.dispose]();
  return generation;
}

describe("UsageLog", () => {
  it("has one line for each accepted generation, with the counts of the ledger to the token", async function () {
    this.timeout(60_000);
    const mixes = fc.array(call, { minLength: 1, maxLength: 20 });
    const outcomes = new Set<string>();
    await fc.assert(
      fc.asyncProperty(mixes, fc.boolean(), async (calls, dies) => {
        using files = new LineFileRig();
        using recorder = recorderIn(files);
        await using rig = await SchedulerRig.start({
          slots: 2,
          usage: recorder.usage,
          engine: { prefillTokensPerStep: 64 },
          limits: { queuePerSlot: 4 },
        });
        const playing = calls.map((one) => play(rig, one));
        if (dies) await play(rig, { tenant: "acme", prompt: "dying", end: "read", turns: 0 });
        const generations = (await Promise.all(playing)).filter((generation) => generation !== undefined);
        await rig.scheduler.drained();
        const lines = linesOf(files);
        const { totals } = rig.scheduler.load();
        assert.equal(lines.length, totals.acceptedGenerations);
        assert.equal(new Set(lines.map(({ generationId }) => generationId)).size, lines.length);
        for (const { generationId } of generations) {
          const line = lines.find((candidate) => candidate.generationId === generationId);
          const { usage, end, timings } = rig.report({ generationId });
          const { reusedInputTokens, outputTokens } = usage;
          const hasRun = timings.prefillMs > 0 || outputTokens > 0 || line?.inputTokens !== 0;
          const inputTokens = hasRun ? usage.inputTokens : 0;
          const outcome = end?.type === "finished" ? end.reason : end?.code;
          assert.deepEqual(
            [line?.inputTokens, line?.reusedInputTokens, line?.outputTokens, line?.outcome],
            [inputTokens, reusedInputTokens, outputTokens, outcome],
          );
          outcomes.add(outcome ?? "");
        }
        const sum = (count: (line: UsageLine) => number): number => lines.reduce((all, line) => all + count(line), 0);
        assert.equal(
          sum(({ outputTokens }) => outputTokens),
          totals.decodedTokens,
        );
        for (const { generations: ended, outputTokens, tenant } of recorder.sums.report()) {
          const own = lines.filter((line) => line.tenant.replace("\n", "\\u{a}") === tenant);
          assert.equal(ended, own.length);
          assert.equal(
            outputTokens,
            own.reduce((all, line) => all + line.outputTokens, 0),
          );
        }
      }),
      { numRuns: 40, endOnFailure: true },
    );
    for (const outcome of ["end_of_turn", "SLOW_READER", "CANCELLED_BY_REQUEST", "ENGINE_FAULT", "CANCELLED"]) {
      assert.ok(outcomes.has(outcome), `${outcome} was never met`);
    }
  });

  it("has the line in the file before the reader gets the end", async () => {
    using files = new LineFileRig();
    using recorder = recorderIn(files);
    await using rig = await SchedulerRig.start({ usage: recorder.usage });
    const generation = rig.submit(echo("text of the caller"), { tenant: "acme" });
    for (;;) {
      assert.deepEqual(linesOf(files), []);
      const event = await generation.next();
      if (event.type === "pieces") generation.taken(event.pieces);
      if (event.type !== "finished") continue;
      const [line] = linesOf(files);
      assert.equal(line?.outputTokens, event.usage.outputTokens);
      assert.doesNotMatch(JSON.stringify(line), /text of the caller/);
      return;
    }
  });

  it("bills no input of a call that never had a slot", async () => {
    using files = new LineFileRig();
    using recorder = recorderIn(files);
    await using rig = await SchedulerRig.start({ slots: 1, usage: recorder.usage });
    const held = rig.submit(ENDLESS, { tenant: "other" });
    const waiting = rig.submit(echo("x".repeat(20)), { tenant: "acme" });
    waiting[Symbol.dispose]();
    held[Symbol.dispose]();
    await rig.scheduler.drained();
    const billed = linesOf(files).map(({ tenant, inputTokens }) => [tenant, inputTokens]);
    assert.deepEqual(billed, [
      ["acme", 0],
      ["other", ENDLESS.length],
    ]);
    assert.equal(recorder.sums.report().find(({ tenant }) => tenant === "acme")?.inputTokens, 0);
    assert.equal(rig.report({ generationId: waiting.generationId }).usage.inputTokens, 20);
  });

  it("has labels only on request", () => {
    for (const withLabels of [false, true]) {
      using files = new LineFileRig();
      using file = files.open();
      const log = new UsageLog({ file, modelDigest: "d1", instanceId: "i1", withLabels, wallNowMs: () => 0 });
      const usage = { inputTokens: 5, reusedInputTokens: 3, outputTokens: 2, deliveredTokens: 2 };
      const labels = new Map([["project", "blue"]]);
      log.ended({
        tenant: "acme",
        subject: "ci",
        generationId: "g",
        requestId: "r",
        labels,
        outcome: "end_of_turn",
        usage,
      });
      const expected = {
        time: "1970-01-01T00:00:00.000Z",
        tenant: "acme",
        subject: "ci",
        generationId: "g",
        requestId: "r",
        model: "d1",
        inputTokens: 5,
        reusedInputTokens: 3,
        outputTokens: 2,
        reasoningTokens: 0,
        outcome: "end_of_turn",
        instance: "i1",
        ...(withLabels ? { labels: { project: "blue" } } : {}),
      };
      assert.deepEqual(
        files.lines().map((line) => JSON.parse(line) as unknown),
        [expected],
      );
    }
  });

  it("loses no line that was appended when the process is killed", async () => {
    for (let round = 0; round < 3; round += 1) {
      using files = new LineFileRig();
      const writer = fork(WRITER, [files.path], { stdio: "ignore" });
      let announced = 0;
      writer.on("message", (count) => {
        announced = count as number;
        if (announced === 300 + 100 * round) writer.kill("SIGKILL");
      });
      await once(writer, "exit");
      using file = files.open();
      file.append("next");
      const lines = files.lines();
      assert.ok(lines.length > announced && announced >= 300 + 100 * round);
      assert.deepEqual(
        lines.slice(0, -1),
        Array.from({ length: lines.length - 1 }, (_, index) => `{"line":${index + 1}}`),
      );
      assert.equal(lines.at(-1), "next");
    }
  });
});
