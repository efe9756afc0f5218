import type { ClientCertificate } from "../core/calls.js";

/** The most bytes of the header that are read. Envoy sends the hash, the subject and the names; a whole chain does not fit. */
const MAX_HEADER_CHARS = 16 * 1024;
const KEYS: ReadonlySet<string> = new Set(["by", "hash", "cert", "chain", "subject", "uri", "dns"]);

/**
 * Parses Envoy's `x-forwarded-client-cert`: elements separated by commas, each a list of `key=value` separated by semicolons, with values that may stand
 * in double quotes and then escape `"` and `\` by a backslash. Only the last element counts, because the proxy in front of the server has added it; the
 * earlier ones came from further away. Returns undefined for a header that breaks the grammar, or whose last element has neither a subject nor a URI.
 */
export function parseForwardedCertificate(header: string): Pick<ClientCertificate, "subject" | "uris"> | undefined {
  if (header.length > MAX_HEADER_CHARS) return undefined;
  const elements = readElements(header);
  const last = elements?.at(-1);
  if (last === undefined) return undefined;
  const uris = last.filter(({ key }) => key === "uri").map(({ value }) => value);
  const [subject = "", ...others] = last.filter(({ key }) => key === "subject").map(({ value }) => value);
  if (others.length > 0 || (subject === "" && uris.every((uri) => uri === ""))) return undefined;
  return { subject, uris: uris.filter((uri) => uri !== "") };
}

/** One pair of an element, with its key in lower case. */
interface ForwardedPair {
  readonly key: string;
  readonly value: string;
}

/** Reads all elements, or returns undefined at the first breach of the grammar. */
function readElements(header: string): ForwardedPair[][] | undefined {
  const elements: ForwardedPair[][] = [];
  let pairs: ForwardedPair[] = [];
  for (let at = 0; ;) {
    const pair = readPair(header, at);
    if (pair === undefined) return undefined;
    pairs.push(pair);
    at = pair.end;
    const separator = header[at];
    if (separator !== ";") {
      elements.push(pairs);
      pairs = [];
    }
    if (separator === undefined) return elements;
    at += 1;
    // A proxy may put a space after the comma that separates its element.
    while (separator === "," && header[at] === " ") at += 1;
  }
}

/** Reads one pair from `start` up to the separator after it or the end. */
function readPair(header: string, start: number): (ForwardedPair & { readonly end: number }) | undefined {
  const equals = header.indexOf("=", start);
  if (equals === -1) return undefined;
  const key = header.slice(start, equals).toLowerCase();
  if (!KEYS.has(key)) return undefined;
  return header[equals + 1] === '"' ? readQuoted(header, key, equals + 2) : readPlain(header, key, equals + 1);
}

function readPlain(header: string, key: string, start: number): (ForwardedPair & { readonly end: number }) | undefined {
  let end = start;
  while (end < header.length && header[end] !== ";" && header[end] !== ",") end += 1;
  const value = header.slice(start, end);
  return /["\s]/.test(value) ? undefined : { key, value, end };
}

function readQuoted(
  header: string,
  key: string,
  start: number,
): (ForwardedPair & { readonly end: number }) | undefined {
  let value = "";
  for (let at = start; at < header.length; at += 1) {
    const character = header[at] ?? "";
    if (character === '"') {
      const end = at + 1;
      const isEnd = end === header.length || header[end] === ";" || header[end] === ",";
      return isEnd ? { key, value, end } : undefined;
    }
    if (character === "\\") at += 1;
    value += character === "\\" ? (header[at] ?? "") : character;
  }
  return undefined;
}
