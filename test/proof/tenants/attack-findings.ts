import { percentile } from "../../support/percentile.js";
import type { Random } from "../../support/random.js";
import { announce, type Finding } from "../report.js";
import { type Attack, type AttackOutcome, runAttack } from "./timing-attack.js";

/** The letters of random prompts are the same now and then, and an attacker reuses that much of its own. */
const COINCIDENCE = 8;

/** The distance from 0.5 that blind guessing stays within: four standard deviations, and 0.05 for 1,000 tries. */
const blindness = (tries: number): number => (tries >= 1_000 ? 0.05 : 4 * Math.sqrt(1 / (6 * tries)));

/** One attack, and what it has to show. */
interface Trial {
  readonly what: string;
  readonly tries: number;
  /** Whether the times may tell. */
  readonly tells: boolean;
  /** Whether a short run reports the figure only. */
  readonly timed?: boolean;
  readonly attack: Pick<Attack, "victimSends" | "attackerTries" | "newGuess">;
}

/** Runs attacks, and judges each by the area under its curve (AUC). */
export class AttackFindings {
  readonly findings: Finding[] = [];
  readonly figures: object[] = [];
  readonly #random: Random;
  /** The least AUC of an attack that tells. */
  readonly #told: number;

  constructor({ short, random }: { short: boolean; random: Random }) {
    this.#random = random;
    this.#told = short ? 0.8 : 0.9;
  }

  async run({ what, tries, tells, timed = false, attack }: Trial): Promise<void> {
    announce(`${what}, ${tries} against ${tries} tries`);
    const outcome = await runAttack({ ...attack, tries, random: this.#random });
    const { auc, mostReused } = outcome;
    const [least, most] = [0.5 - blindness(tries), 0.5 + blindness(tries)];
    const blind = `${least.toFixed(2)} to ${most.toFixed(2)}, and no more than ${COINCIDENCE} tokens reused`;
    this.findings.push({
      what: `${what}: AUC of the times of ${tries} tries at what the victim sent against ${tries} at what nobody sent`,
      figure: `${auc.toFixed(3)}; ${medians(outcome)}; at most ${mostReused} input tokens reused`,
      bound: tells ? `at least ${this.#told}` : blind,
      holds: tells ? auc >= this.#told : auc >= least && auc <= most && mostReused <= COINCIDENCE,
      timed,
    });
    const { sentMs, unsentMs } = outcome;
    this.figures.push({ what, tries, auc, mostReused, sentMs: spread(sentMs), unsentMs: spread(unsentMs) });
  }
}

function medians({ sentMs, unsentMs }: AttackOutcome): string {
  return `median ${percentile(sentMs, 0.5).toFixed(1)} ms against ${percentile(unsentMs, 0.5).toFixed(1)} ms`;
}

function spread(timesMs: readonly number[]): object {
  const at = (share: number): number => Math.round(100 * percentile(timesMs, share)) / 100;
  return { p5: at(0.05), p50: at(0.5), p95: at(0.95) };
}
