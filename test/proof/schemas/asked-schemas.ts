import type { Finding } from "../report.js";
import type { AnswerJournal } from "./answer-journal.js";
import type { CorpusSchema, List } from "./corpus.js";
import { shareFinding, type JudgedOutputs, type Way } from "./judged-outputs.js";
import { KeywordTally } from "./keyword-tally.js";
import type { Answer, AskOptions } from "./schema-caller.js";

export const SLOTS = 8;
/** More requests are under way than slots, so that no slot is ever free. */
const CALLERS = SLOTS + 4;

export type AskedWay = Exclude<Way, "random sentence">;

/** One request with a schema: the way, and what to send. */
export interface Round {
  readonly way: AskedWay;
  readonly options: AskOptions;
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
  readonly #journal: AnswerJournal | undefined;
  /** The first answer on each schema. */
  readonly #answers = new Map<AskedWay, Map<CorpusSchema, Answer>>();
  /** Output tokens of the answers that no journal held. */
  #outputTokens = 0;

  /** @param journal answers that need not be asked for again */
  constructor(outputs: JudgedOutputs, journal: AnswerJournal | undefined) {
    this.#outputs = outputs;
    this.#journal = journal;
  }

  get outputTokens(): number {
    return this.#outputTokens;
  }

  /**
   * Asks for each schema in its rounds, one round after the other for one schema, so that the next finds the beginning of its prompt and the grammar in the
   * cache. Schemas are asked for side by side.
   */
  async ask(schemas: readonly CorpusSchema[], roundsOf: (one: CorpusSchema) => readonly Round[]): Promise<void> {
    const left = schemas.values();
    const work = async (): Promise<void> => {
      for (const one of left) for (const round of roundsOf(one)) await this.#askOne(one, round);
    };
    await Promise.all(Array.from({ length: CALLERS }, work));
  }

  takenFinding(group: Group, way: AskedWay, leastPercent: number): Finding {
    const answers = this.answersOf(group.list, way);
    const counts = { of: answers.length, part: answers.filter(({ taken }) => taken).length };
    return shareFinding(`schemas of ${group.who} taken, ${way}`, counts, leastPercent);
  }

  heldFinding(group: Group, way: AskedWay, leastPercent: number): Finding {
    const taken = this.answersOf(group.list, way).filter((answer) => answer.taken);
    const counts = { of: taken.length, part: taken.filter(({ notHeld }) => notHeld.length === 0).length };
    return shareFinding(`taken schemas of ${group.who} held whole, ${way}`, counts, leastPercent);
  }

  /** The first answer on each schema of a list. */
  answersOf(list: List, way: AskedWay): readonly Answer[] {
    const answers = [...(this.#answers.get(way) ?? [])];
    return answers.filter(([one]) => one.list === list).map(([, answer]) => answer);
  }

  async #askOne(one: CorpusSchema, { way, ask, options }: Round): Promise<void> {
    const first = this.#answers.get(way) ?? new Map<CorpusSchema, Answer>();
    this.#answers.set(way, first);
    if (first.get(one)?.taken === false) return;
    const answer = await this.#answer({ one, way, seed: options.seed }, () => ask(one, options));
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

  async #answer(
    asked: { readonly one: CorpusSchema; readonly way: AskedWay; readonly seed: number },
    ask: () => Promise<Answer>,
  ): Promise<Answer> {
    const kept = this.#journal?.find(asked);
    if (kept !== undefined) return kept;
    const answer = await ask();
    this.#journal?.add(asked, answer);
    if (answer.taken) this.#outputTokens += answer.outputTokens;
    return answer;
  }
}
