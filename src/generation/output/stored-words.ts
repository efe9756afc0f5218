/** Stands for a value that JSON does not have. Core words have no null and no object with one of these keys. */
type Stand = { readonly $bytes: string } | { readonly $number: string };

/**
 * Core words as JSON text, to be read back exactly. undefined becomes null, bytes become base64, and numbers that JSON cannot write (the infinities, NaN
 * and -0) become their names.
 */
export function writeStoredWords(words: object): string {
  return JSON.stringify(toStored(words));
}

/** Reads back what `writeStoredWords` was given. @throws SyntaxError where the text is no JSON */
export function readStoredWords(text: string): unknown {
  return fromStored(JSON.parse(text));
}

function toStored(value: unknown): unknown {
  if (value === undefined) return null;
  if (typeof value === "number") return isPlain(value) ? value : { $number: Object.is(value, -0) ? "-0" : `${value}` };
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString("base64") };
  if (Array.isArray(value)) return value.map(toStored);
  return mapMembers(value, toStored);
}

function fromStored(value: unknown): unknown {
  if (value === null) return undefined;
  if (typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(fromStored);
  if (isStand(value)) return "$bytes" in value ? toBytes(value.$bytes) : Number(value.$number);
  return mapMembers(value, fromStored);
}

function mapMembers(value: object, map: (member: unknown) => unknown): object {
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, map(member)]));
}

function isPlain(value: number): boolean {
  return Number.isFinite(value) && !Object.is(value, -0);
}

function isStand(value: object): value is Stand {
  return "$bytes" in value || "$number" in value;
}

function toBytes(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, "base64"));
}
