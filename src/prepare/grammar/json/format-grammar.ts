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
/** The last label of a public host name: not one of those that validators of e-mail addresses refuse. */
const TOP_LABEL = "(?!(?:test|local|localhost|invalid|onion|arpa)(?![a-z]))[a-z]";
const PORT = "(?::(?:[1-9]\\d{0,3}|[1-5]\\d{4}))?";
const PATH_CHAR = "(?:[A-Za-z0-9\\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})";
const RELATIVE = "(?:\\.{1,2}(?=/)|(?=[/?#]))(?!//)";
const POINTER = '(?:/(?:[^~\\u0000-\\u001f"\\\\]|~[01]){0,96})?';

/** Bounds on the parts of a text. A host name counts them up to its last label. */
interface Sizes {
  /** Letters and digits of a label, and of the name in an address. Each may have a hyphen or a dot before it. */
  readonly label: number;
  readonly labels: number;
  readonly topLabel: number;
  readonly path: number;
  readonly query: number;
}

/** A length beside a format is held by the widest of these that fits. */
const SIZES: readonly Sizes[] = [
  { label: 24, labels: 3, topLabel: 24, path: 56, query: 40 },
  { label: 13, labels: 2, topLabel: 10, path: 20, query: 8 },
  { label: 8, labels: 1, topLabel: 6, path: 8, query: 0 },
];

/** Without two hyphens in a row a label is no internationalised name, which would have to be valid as such. */
function labelOf({ label }: Sizes): string {
  return `[A-Za-z0-9](?:-?[A-Za-z0-9]){0,${label - 1}}`;
}

function domainOf(sizes: Sizes): string {
  return `(?:${labelOf(sizes)}\\.){1,${sizes.labels}}${TOP_LABEL}{2,${sizes.topLabel}}`;
}

/** A path, a query and a fragment, each of them optional. */
function pathOf({ path, query }: Sizes): string {
  const rest = query === 0 ? "" : `(?:\\?(?:${PATH_CHAR}|\\?){0,${query}})?(?:#[A-Za-z0-9\\-._~!=&/]{0,24})?`;
  return `(?:/${PATH_CHAR}{0,${path}})?${rest}`;
}

function uriOf(sizes: Sizes): string {
  return `https?://(?:${domainOf(sizes)}|localhost|${IPV4})${PORT}${pathOf(sizes)}`;
}

/** The formats as patterns for the whole text. The texts have bounds, and each is valid for the usual validators of its format. */
const PATTERNS: Readonly<Record<string, string | ((sizes: Sizes) => string)>> = {
  date: DATE,
  time: TIME,
  "date-time": `${DATE}T${TIME}`,
  duration: `P(?:\\d{1,4}W|${DAY_SPAN}(?:${TIME_SPAN})?|${TIME_SPAN})`,
  uuid: "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
  email: (sizes) => `[A-Za-z0-9](?:\\.?[A-Za-z0-9_+\\-]){0,${sizes.label}}@${domainOf(sizes)}`,
  hostname: (sizes) => `(?:${labelOf(sizes)}\\.){0,${sizes.labels + 1}}(?!\\d+$)${labelOf(sizes)}`,
  ipv4: IPV4,
  ipv6: IPV6,
  uri: uriOf,
  "uri-reference": (sizes) => `${uriOf(sizes)}|${RELATIVE}${pathOf(sizes)}`,
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
 * Texts of a format, which must be one of FORMATS. A format takes up to some hundred milliseconds on its first use.
 * @param options.max the most characters that are of use, by default any number; the language may have longer texts as well
 * @param options.work counts the steps of the operations on the language
 * @throws RangeError for any other
 */
export function formatLanguage(
  format: string,
  { max = Infinity, work = new PatternWork() }: { max?: number; work?: PatternWork } = {},
): Language {
  const pattern = PATTERNS[NARROWER[format] ?? format];
  if (pattern === undefined) throw new RangeError(`the format ${format} is not supported`);
  const patterns = typeof pattern === "string" ? [pattern] : SIZES.map(pattern);
  let language = Language.everything();
  for (const sized of patterns) {
    language = languageOf(sized);
    if (language.longest <= max) break;
  }
  return language.countedBy(work);
}

function languageOf(pattern: string): Language {
  let language = languages.get(pattern);
  if (language === undefined) {
    language = Language.ofPattern(pattern, { isWhole: true });
    languages.set(pattern, language);
  }
  return language;
}

/** A JSON string of the format, which must be one of FORMATS. */
export function formatGrammar(book: RuleBook, format: string): GrammarNode {
  return writeJsonString(book, formatLanguage(format));
}
