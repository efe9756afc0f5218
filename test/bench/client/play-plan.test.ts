import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { Deferred } from "../../../src/sync/deferred.js";
import type { Driver, Work } from "./driver.js";
import { playPlan } from "./play-plan.js";

/** Hands out tokens when it is told to. */
class ScriptedDriver implements Driver {
  readonly opened: string[] = [];
  readonly #calls = new Map<string, { readonly onTokens: (tokens: number) => void; readonly end: Deferred<void> }>();

  async generate({ prompt }: Work, onTokens: (tokens: number) => void): Promise<{ inputTokens: number }> {
    const end = new Deferred<void>();
    this.opened.push(prompt);
    this.#calls.set(prompt, { onTokens, end });
    await end.promise;
    return { inputTokens: prompt.length };
  }

  async give(prompt: string, tokens: number): Promise<void> {
    this.#calls.get(prompt)?.onTokens(tokens);
    await turn();
  }

  async end(prompt: string): Promise<void> {
    this.#calls.get(prompt)?.end.resolve();
    await turn();
  }

  [Symbol.dispose](): void {}
}

describe("a plan of the bench's client", () => {
  it("opens a call that joins when every other has received so many tokens", async () => {
    const driver = new ScriptedDriver();
    const calls = [
      { prompt: "a", outputTokens: 3 },
      { prompt: "late", outputTokens: 1, afterTokens: 2 },
      { prompt: "b", outputTokens: 3 },
    ];
    const played = playPlan(driver, { calls });
    await turn();
    await driver.give("a", 3);
    await driver.give("b", 1);
    assert.deepEqual(driver.opened, ["a", "b"]);
    await driver.give("b", 1);
    assert.deepEqual(driver.opened, ["a", "b", "late"]);
    await driver.give("late", 1);
    await driver.give("b", 1);
    for (const prompt of ["late", "a", "b"]) await driver.end(prompt);
    const observations = await played;
    assert.deepEqual(
      observations.map(({ inputTokens, arrivals }) => [inputTokens, arrivals.map(({ tokens }) => tokens)]),
      [
        [1, [3]],
        [4, [1]],
        [1, [1, 1, 1]],
      ],
    );
    for (const { openedAtMs, arrivals, endedAtMs } of observations) {
      const times = [openedAtMs, ...arrivals.map(({ atMs }) => atMs), endedAtMs];
      assert.deepEqual(
        times,
        times.toSorted((a, b) => a - b),
      );
    }
  });

  it("lets a few callers take all calls in their order, one after another", async () => {
    const driver = new ScriptedDriver();
    const calls = ["a", "b", "c"].map((prompt) => ({ prompt, outputTokens: 1 }));
    const played = playPlan(driver, { calls, callers: 2 });
    await turn();
    assert.deepEqual(driver.opened, ["a", "b"]);
    await driver.give("b", 1);
    await driver.end("b");
    assert.deepEqual(driver.opened, ["a", "b", "c"]);
    for (const prompt of ["a", "c"]) {
      await driver.give(prompt, 1);
      await driver.end(prompt);
    }
    assert.equal((await played).length, 3);
  });

  it("fails where a call brings other than the tokens asked for", async () => {
    const driver = new ScriptedDriver();
    const played = playPlan(driver, { calls: [{ prompt: "a", outputTokens: 3 }] });
    const rejected = assert.rejects(played, /asked for 3 tokens, received 2/);
    await turn();
    await driver.give("a", 2);
    await driver.end("a");
    await rejected;
  });
});
