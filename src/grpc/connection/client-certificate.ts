import type { X509Certificate } from "node:crypto";
import type { ClientCertificate } from "../../core/calls.js";

/** One name of a certificate as Node writes them: the type, a colon, and the value, in quotes if it could be mistaken for several names. */
const NAME_PATTERN = /([A-Za-z][A-Za-z ]*):("(?:[^"\\]|\\.)*"|[^",]*)(?:, |$)/y;

/** Reads from a verified certificate the names that an operator may list: the subject in the order of RFC 4514, the URIs and the DNS names. */
export function describeCertificate({ subject, subjectAltName }: X509Certificate): ClientCertificate {
  const names = subjectAltName === undefined ? [] : parseNames(subjectAltName);
  const valuesOf = (wanted: string): readonly string[] =>
    names.filter(({ type }) => type === wanted).map(({ value }) => value);
  return { subject: formatSubject(subject), uris: valuesOf("URI"), dnsNames: valuesOf("DNS") };
}

/**
 * Node writes one attribute a line, with commas escaped, from the root of the name to its leaf. RFC 4514 begins at the leaf. An empty subject, as
 * SPIFFE's certificates may have it, is undefined in Node although its types know no such value.
 */
function formatSubject(subject: string | undefined): string {
  return (subject ?? "").split("\n").toReversed().join(",");
}

/** Returns no name at all if one cannot be read, because a name that is cut at the wrong place may be that of another client. */
function parseNames(text: string): readonly { readonly type: string; readonly value: string }[] {
  const names: { type: string; value: string }[] = [];
  NAME_PATTERN.lastIndex = 0;
  while (NAME_PATTERN.lastIndex < text.length) {
    const [, type, value] = NAME_PATTERN.exec(text) ?? [];
    if (type === undefined || value === undefined) return [];
    names.push({ type, value: value.startsWith('"') ? (JSON.parse(value) as string) : value });
  }
  return names;
}
