/**
 * Deadlines decide who is admitted: calls that cannot be in time are refused at once, and hardly anybody else is. The same load is played twice, once
 * with every call's deadline told to the scheduler, once with none told, so that nobody is refused; in both, a call whose deadline passes is ended. What
 * becomes of a call in the second play is its true fate. Real scheduler and step loop, a paced engine, a virtual clock.
 * Usage: npm run proof:admission [-- --short]
 */
import { parseArgs } from "node:util";
import { mixedLoad } from "./admission-load.js";
import { type Fate, playLoad } from "./admission-play.js";
import { announce, type Finding, publish } from "./report.js";

const { values: flags } = parseArgs({ options: { short: { type: "boolean", default: false } } });
const SEEDS = flags.short ? [1] : [1, 2, 3];
const CALLS = flags.short ? 400 : 2_000;
/** Of all calls. */
const MOST_FALSE_REFUSALS = 0.01;
/** Of the doomed calls. */
const MOST_DOOMED_ADMITTED = 0.1;

const findings: Finding[] = [];
const figures: object[] = [];
for (const seed of SEEDS) await playSeed(seed);
publish({
  name: "admission",
  command: `npm run proof:admission${flags.short ? " -- --short" : ""}`,
  seed: SEEDS[0],
  short: flags.short,
  findings,
  figures,
});

async function playSeed(seed: number): Promise<void> {
  const load = mixedLoad(seed, CALLS);
  announce(`seed ${seed}: nobody refused`);
  const lenient = await playLoad(load, { tells: false });
  announce(`seed ${seed}: deadlines told`);
  const strict = await playLoad(load, { tells: true });
  const count = (truths: readonly Fate[], fates: readonly Fate[]): number =>
    load.filter((call) => truths.includes(lenient.fateOf(call)) && fates.includes(strict.fateOf(call))).length;
  const everyFate: Fate[] = ["met", "missed", "refused", "given_up"];

  const falseRefusals = count(["met"], ["refused", "given_up"]);
  findings.push({
    what: `seed ${seed}: calls refused, or given up in the queue, that are in time when nobody is refused`,
    figure: `${falseRefusals} of ${CALLS} calls (${percent(falseRefusals / CALLS)}), of whom ${count(["met"], everyFate)} are in time then`,
    bound: `at most ${percent(MOST_FALSE_REFUSALS)} of all calls`,
    holds: falseRefusals <= MOST_FALSE_REFUSALS * CALLS,
  });
  const doomed = count(["missed"], everyFate);
  const admitted = count(["missed"], ["missed", "given_up"]);
  const saved = count(["missed"], ["met"]);
  findings.push({
    what: `seed ${seed}: doomed calls, which miss their deadline when nobody is refused, that are admitted and not in time either`,
    figure: `${admitted} of ${doomed} doomed calls (${percent(admitted / doomed)}); ${saved} more are admitted and in time, since others were refused`,
    bound: `at most ${percent(MOST_DOOMED_ADMITTED)} of the doomed calls`,
    holds: admitted <= MOST_DOOMED_ADMITTED * doomed,
  });
  const inTime = count(everyFate, ["met"]);
  const inTimeBefore = count(["met"], everyFate);
  findings.push({
    what: `seed ${seed}: calls in time with refusals, beside those without`,
    figure: `${inTime} and ${inTimeBefore} of ${CALLS}`,
    bound: "no fewer",
    holds: inTime >= inTimeBefore,
  });
  figures.push({ seed, calls: CALLS, virtualSeconds: Math.round(strict.lastedMs / 1_000), waits: strict.verdicts });
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
