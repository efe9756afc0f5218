import { choice, type GrammarNode, oneOf, optional, sequence, text } from "../rules/grammar-node.js";
import type { RuleBook } from "../rules/rule-book.js";

export const FORMATS: readonly string[] = ["date", "time", "date-time", "uuid"];

/** A JSON string of the format, which must be one of FORMATS. */
export function formatGrammar(book: RuleBook, format: string): GrammarNode {
  return book.share(`format-${format}`, () => sequence(text('"'), contentOf(book, format), text('"')));
}

function contentOf(book: RuleBook, format: string): GrammarNode {
  switch (format) {
    case "date":
      return dateGrammar(book);
    case "time":
      return timeGrammar(book);
    case "date-time":
      return sequence(dateGrammar(book), text("T"), timeGrammar(book));
    case "uuid":
      return uuidGrammar(book);
    default:
      throw new RangeError(`the format ${format} is not supported`);
  }
}

/** A date that every year has, so February 29 is left out. */
function dateGrammar(book: RuleBook): GrammarNode {
  return book.share("date", () => {
    const until28 = choice(
      sequence(text("0"), oneOf("1-9")),
      sequence(text("1"), oneOf("0-9")),
      sequence(text("2"), oneOf("0-8")),
    );
    const until30 = choice(sequence(text("0"), oneOf("1-9")), sequence(oneOf("12"), oneOf("0-9")), text("30"));
    const until31 = choice(
      sequence(text("0"), oneOf("1-9")),
      sequence(oneOf("12"), oneOf("0-9")),
      sequence(text("3"), oneOf("01")),
    );
    const month = choice(
      sequence(
        text("0"),
        choice(
          sequence(oneOf("13578"), text("-"), until31),
          sequence(oneOf("469"), text("-"), until30),
          sequence(text("2-"), until28),
        ),
      ),
      sequence(text("1"), choice(sequence(oneOf("02"), text("-"), until31), sequence(text("1-"), until30))),
    );
    return sequence(book.repeat(oneOf("0-9"), 4, 4), text("-"), month);
  });
}

/** A time with its offset, as in RFC 3339, without leap seconds. */
function timeGrammar(book: RuleBook): GrammarNode {
  return book.share("time", () => {
    const digit = oneOf("0-9");
    const hour = choice(sequence(oneOf("01"), digit), sequence(text("2"), oneOf("0-3")));
    const sixty = sequence(oneOf("0-5"), digit);
    const fraction = sequence(text("."), book.repeat(digit, 1, 9));
    const offset = choice(text("Z"), sequence(oneOf("+-"), hour, text(":"), sixty));
    return sequence(hour, text(":"), sixty, text(":"), sixty, optional(fraction), offset);
  });
}

function uuidGrammar(book: RuleBook): GrammarNode {
  const hex = oneOf("0-9a-f");
  const group = (length: number): GrammarNode => book.repeat(hex, length, length);
  return sequence(group(8), ...[4, 4, 4, 12].flatMap((length) => [text("-"), group(length)]));
}
