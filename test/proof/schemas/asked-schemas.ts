import type { Finding } from "../report.js";
import type { CorpusSchema, List } from "./corpus.js";
import { shareFinding, type JudgedOutputs, type Way } from "./judged-outputs.js";
import { KeywordTally } from "./keyword-tally.js";
import type { Answer, AskOptions } from "./schema-caller.js";

/** How many requests are under way at a time. */
export const SLOTS = 8;

export type AskedWay = Exclude<Way, "random sentence">;

/** One request with each schema: the way, and what to send. */
export interface Round {
  readonly way: AskedWay;
  readonly ask: (one: CorpusSchema, options: AskOptions) => Promise<Answer>;
}

/** The schemas of one list, and how a finding calls those who send them. */
export interface Group {
  readonly who: string;
  readonly list: List;
}

/** Which schemas the server has taken in each way, and which keywords it has refused or does not hold. */
export class AskedSchemas {
  readonly refused = new KeywordTally();
  readonly notHeld = new KeywordTally();
  readonly #outputs: JudgedOutputs;
  /** The first answer on each schema. */
  readonly #answers = new Map<AskedWay, Map<CorpusSchema, Answer>>();

  constructor(outputs: JudgedOutputs) {
    this.#outputs = outputs;
  }

  /**
   * Asks for each schema in the rounds, one round after the other for one schema, so that the next finds the beginning of its prompt in the cache. Schemas
   * are asked for side by side.
   */
  async ask(schemas: readonly CorpusSchema[], rounds: readonly Round[], options: AskOptions): Promise<void> {
    const left = schemas.values();
    const work = async (): Promise<void> => {
      for (const one of left) for (const round of rounds) await this.#askOne(one, round, options);
    };
    await Promise.all(Array.from({ length: SLOTS }, work));
  }

  takenFinding(group: Group, way: AskedWay, leastPercent: number): Finding {
    const answers = this.#answersOf(group, way);
    const counts = { of: answers.length, part: answers.filter(({ taken }) => taken).length };
    return shareFinding(`schemas of ${group.who} taken, ${way}`, counts, leastPercent);
  }

  heldFinding(group: Group, way: AskedWay, leastPercent: number): Finding {
    const taken = this.#answersOf(group, way).filter((answer) => answer.taken);
    const counts = { of: taken.length, part: taken.filter(({ notHeld }) => notHeld.length === 0).length };
    return shareFinding(`taken schemas of ${group.who} held whole, ${way}`, counts, leastPercent);
  }

  async #askOne(one: CorpusSchema, { way, ask }: Round, options: AskOptions): Promise<void> {
    const first = this.#answers.get(way) ?? new Map<CorpusSchema, Answer>();
    this.#answers.set(way, first);
    if (first.get(one)?.taken === false) return;
    const answer = await ask(one, options);
    if (!first.has(one)) {
      first.set(one, answer);
      if (!answer.taken) this.refused.addRefusal(one, answer.reasons);
      else if (way === "json_schema") this.notHeld.addNotHeld(one, answer.notHeld);
    }
    if (!answer.taken) return;
    const isHeld = answer.notHeld.length === 0;
    for (const [index, text] of answer.outputs.entries()) {
      this.#outputs.add({ one, way, text, isHeld, isCut: answer.isCut && index === answer.outputs.length - 1 });
    }
  }

  #answersOf({ list }: Group, way: AskedWay): readonly Answer[] {
    const answers = [...(this.#answers.get(way) ?? [])];
    return answers.filter(([one]) => one.list === list).map(([, answer]) => answer);
  }
}
