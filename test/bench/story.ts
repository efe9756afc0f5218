import { Random } from "../support/random.js";

/** Each one token of a usual vocabulary, with the blank before it. */
const WORDS = (
  "the a river house garden morning evening people children water mountain village old young small great long short " +
  "light dark white black green red blue warm cold summer winter road door window table bread music story book letter " +
  "friend mother father brother sister king queen city country field forest island ship train horse bird fish tree " +
  "flower stone gold silver wind rain snow sun moon star night day year week hour word voice hand heart eye face time " +
  "walked looked found gave took made came went said thought knew saw heard felt turned opened closed began stopped"
).split(" ");

/** So many words that make no sense, the same for the same seed; two seeds' first words differ as a rule. About as many tokens. */
export function story(seed: number, words: number): string {
  const random = new Random(seed * 2_654_435_761);
  return Array.from({ length: words }, () => random.pick(WORDS)).join(" ");
}
