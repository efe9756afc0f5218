import { Language } from "../regex/language.js";
import { PatternWork } from "../regex/pattern-work.js";
import type { GrammarNode } from "../rules/grammar-node.js";
import type { RuleBook } from "../rules/rule-book.js";
import { writeJsonString } from "./language-string.js";

/** A date of the years 0001 to 9999, with February 29 in leap years. */
const DATE =
  "(?!0000)(?:\\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)|02-(?:0[1-9]|1\\d|2[0-8]))" +
  "|(?:\\d\\d(?:[2468][048]|[13579][26]|0[48])|(?:[02468][048]|[13579][26])00)-02-29)";
/** A time with its offset, as in RFC 3339, without leap seconds. */
const TIME = "(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,9})?(?:Z|[+-](?:[01]\\d|2[0-3]):[0-5]\\d)";
/** A duration of RFC 3339, appendix A, with up to four digits before a letter. */
const TIME_SPAN = "T(?:\\d{1,4}H(?:\\d{1,4}M(?:\\d{1,4}S)?)?|\\d{1,4}M(?:\\d{1,4}S)?|\\d{1,4}S)";
const DAY_SPAN = "(?:\\d{1,4}Y(?:\\d{1,4}M(?:\\d{1,4}D)?)?|\\d{1,4}M(?:\\d{1,4}D)?|\\d{1,4}D)";
const BYTE = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const IPV4 = `(?:${BYTE}\\.){3}${BYTE}`;
const GROUP = "[0-9a-fA-F]{1,4}";
const IPV6 =
  `(?:${GROUP}:){7}${GROUP}|(?:${GROUP}:){1,7}:|:(?::${GROUP}){1,7}|::|` +
  Array.from({ length: 6 }, (_, index) => `(?:${GROUP}:){1,${6 - index}}(?::${GROUP}){1,${index + 1}}`).join("|");
/** A label of a host name. Without two hyphens in a row it is no internationalised name, which would have to be valid as such. */
const LABEL = "[A-Za-z0-9](?:-?[A-Za-z0-9]){0,23}";
/** The last label of a public host name: not one of those that validators of e-mail addresses refuse. */
const TOP_LABEL = "(?!(?:test|local|localhost|invalid|onion|arpa)(?![a-z]))[a-z]{2,24}";
const DOMAIN = `(?:${LABEL}\\.){1,3}${TOP_LABEL}`;
const PORT = "(?::(?:[1-9]\\d{0,3}|[1-5]\\d{4}))?";
const PATH_CHAR = "(?:[A-Za-z0-9\\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})";
/** A path, a query and a fragment, each of them optional. */
const PATH = `(?:/${PATH_CHAR}{0,64})?(?:\\?(?:${PATH_CHAR}|\\?){0,48})?(?:#[A-Za-z0-9\\-._~!=&/]{0,24})?`;
const URI = `(?:(?:https?|wss?|ftp)://(?:${DOMAIN}|localhost|${IPV4})${PORT}|file://(?=/)|(?!https?:|wss?:|ftp:|file:)[a-z]{2,16}://${LABEL})${PATH}`;
const POINTER = '(?:/(?:[^~\\u0000-\\u001f"\\\\]|~[01]){0,96})?';

/** The formats as patterns for the whole text. The texts have bounds, and each is valid for the usual validators of its format. */
const PATTERNS: Readonly<Record<string, string>> = {
  date: DATE,
  time: TIME,
  "date-time": `${DATE}T${TIME}`,
  duration: `P(?:\\d{1,4}W|${DAY_SPAN}(?:${TIME_SPAN})?|${TIME_SPAN})`,
  uuid: "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
  email: `[A-Za-z0-9](?:\\.?[A-Za-z0-9_+\\-]){0,31}@${DOMAIN}`,
  hostname: `(?:${LABEL}\\.){0,3}(?!\\d+$)${LABEL}`,
  ipv4: IPV4,
  ipv6: IPV6,
  uri: URI,
  "uri-reference": `${URI}|(?:\\.{1,2}(?=/)|(?=[/?#]))(?!//)${PATH}`,
  "json-pointer": POINTER,
  "relative-json-pointer": `(?:0|[1-9]\\d{0,3})(?:#|${POINTER})`,
};

/** The formats whose texts are written as those of a narrower one. */
const NARROWER: Readonly<Record<string, string>> = {
  "idn-email": "email",
  "idn-hostname": "hostname",
  iri: "uri",
  "iri-reference": "uri-reference",
};

/** The formats that a grammar holds. */
export const FORMATS: readonly string[] = [...Object.keys(PATTERNS), ...Object.keys(NARROWER)];

const languages = new Map<string, Language>();

/**
 * The texts of a format, which must be one of FORMATS. A format takes up to some hundred milliseconds on its first use.
 * @param work counts the steps of the operations on the language
 * @throws RangeError for any other
 */
export function formatLanguage(format: string, work = new PatternWork()): Language {
  const written = NARROWER[format] ?? format;
  let language = languages.get(written);
  if (language === undefined) {
    const pattern = PATTERNS[written];
    if (pattern === undefined) throw new RangeError(`the format ${format} is not supported`);
    language = Language.ofPattern(pattern, { isWhole: true });
    languages.set(written, language);
  }
  return language.countedBy(work);
}

/** A JSON string of the format, which must be one of FORMATS. */
export function formatGrammar(book: RuleBook, format: string): GrammarNode {
  return writeJsonString(book, formatLanguage(format));
}
