import { appendFileSync } from "node:fs";
import { endPreparers } from "../support/leased-preparers.js";
import { formatResult } from "./test-results.js";

/** The file that each case's result is added to; undefined: none. */
const resultsPath = process.env.RILL_TEST_RESULTS;
// The product takes any other RILL_ variable for a misspelt setting, and warns of it in its log.
delete process.env.RILL_TEST_RESULTS;
const results: string[] = [];

/** Mocha's root hooks, which .config/mocharc.json names. */
export const mochaHooks = {
  afterEach(this: Mocha.Context): void {
    if (resultsPath === undefined || this.currentTest === undefined) return;
    results.push(formatResult(this.currentTest));
  },

  async afterAll(): Promise<void> {
    if (resultsPath !== undefined) appendFileSync(resultsPath, results.join(""));
    await endPreparers();
  },
};
