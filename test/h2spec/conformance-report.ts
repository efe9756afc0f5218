/** How one case of h2spec went. */
export interface ConformanceCase {
  /** As h2spec takes it on its command line, such as `http2/5.1/8`. */
  readonly id: string;
  readonly title: string;
  readonly outcome: "passed" | "failed" | "skipped";
  /** What a failed case expected and met, in h2spec's words. */
  readonly said: string;
}

const SUITE = /<testsuite (?<attributes>[^>]*)>(?<body>.*?)<\/testsuite>/gs;
const CASE = /<testcase (?<attributes>[^>]*)>(?<body>.*?)<\/testcase>/gs;
const ERROR = /<(?:error|failure)[^>]*>(?<said>.*?)<\/(?:error|failure)>/s;
const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#34": '"', "#39": "'" };

/** Reads the JUnit report that h2spec writes with `--junit-report`. A case has no number there: it is its place within its suite. */
export function parseConformanceReport(xml: string): ConformanceCase[] {
  return [...xml.matchAll(SUITE)].flatMap(({ groups: suite }) => {
    const cases = [...(suite?.body ?? "").matchAll(CASE)];
    return cases.map(({ groups: found }, index) => {
      const body = found?.body ?? "";
      const error = ERROR.exec(body)?.groups?.said;
      return {
        id: `${attribute(found?.attributes, "package")}/${index + 1}`,
        title: attribute(found?.attributes, "classname"),
        outcome: error !== undefined ? "failed" : body.includes("<skipped") ? "skipped" : "passed",
        said: decodeText(error ?? "").trim(),
      };
    });
  });
}

/** @throws Error where the element has no such attribute */
function attribute(attributes: string | undefined, name: string): string {
  const value = new RegExp(`\\b${name}="([^"]*)"`).exec(attributes ?? "")?.[1];
  if (value === undefined)
    throw new Error(`the report of h2spec has an element without ${name}: ${String(attributes)}`);
  return decodeText(value);
}

function decodeText(text: string): string {
  return text.replaceAll(/&(#?\w+);/g, (entity, name: string) => ENTITIES[name] ?? entity);
}
