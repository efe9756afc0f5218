import { isMap, isScalar, LineCounter, type Node, parseDocument } from "yaml";
import { type Permission, PERMISSIONS } from "../core/calls.js";
import type { TenantPolicy } from "../core/tenant-policy.js";
import {
  type FieldReader,
  listItems,
  mapFields,
  readFields,
  scalar,
  type YamlField,
  type YamlNode,
  YamlProblems,
} from "./yaml-fields.js";

/** The permissions of a caller for whom the operator names none. */
export const DEFAULT_PERMISSIONS: ReadonlySet<Permission> = new Set<Permission>(["generate", "sessions", "tokens"]);

/** A reload parses the file on the main thread, which takes about half a millisecond for each tenant. */
const MAX_TENANTS = 1_000;
const MAX_CREDENTIALS = 64;
const MAX_COUNT = 1_000_000_000;
const MAX_WEIGHT = 1_000;
const MIN_WEIGHT = 0.001;
/** The names of tenants and subjects: visible ASCII without spaces, which logs and metrics take as they are. */
const NAME_PATTERN = /^[\x21-\x7e]{1,128}$/;
const NAME_EXPECTED = "1 to 128 visible ASCII characters without spaces";
const HASH_PATTERN = /^[0-9a-f]{64}$/i;
const TIME_PATTERN = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?Z$/;

/** A static key of a tenant. The server knows only its hash. */
interface TenantKey {
  /** The subject of the callers with this key. */
  readonly name: string;
  /** The SHA-256 of the key, 64 hex digits in lower case. */
  readonly sha256: string;
  readonly permissions: ReadonlySet<Permission>;
  /** The time of day in ms from which no call may open with the key, or undefined if there is none. */
  readonly expiresMs: number | undefined;
}

/** A certificate of a tenant's client, by its URI or by its subject. */
interface TenantCertificate {
  readonly kind: "uri" | "subject";
  /** The subject of the callers with this certificate. */
  readonly name: string;
  readonly permissions: ReadonlySet<Permission>;
}

/** One tenant of the file. */
interface Tenant {
  readonly policy: TenantPolicy;
  /** Whether every caller of the tenant is refused, also one with a JWT. */
  readonly isDisabled: boolean;
  readonly keys: readonly TenantKey[];
  readonly certificates: readonly TenantCertificate[];
}

/** The contents of a valid file. */
export interface TenantsFile {
  readonly tenants: ReadonlyMap<string, Tenant>;
  /** The policy of tenants that the file does not name, and what a named one has where it says nothing. */
  readonly defaults: TenantPolicy;
}

/** Lists every problem of a tenants file, each with its line and column. No problem shows a hash. */
export class TenantsFileError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.name = "TenantsFileError";
    this.problems = problems;
  }
}

/** Whether a text may be the name of a tenant or of a subject. */
export function isName(text: unknown): text is string {
  return typeof text === "string" && NAME_PATTERN.test(text);
}

export interface TenantsFileOptions {
  /** The path, for the texts of problems. */
  readonly path: string;
  /** Parses a size such as 100MiB to bytes. Returns undefined for anything else. */
  readonly parseSize: (text: string) => number | undefined;
}

/** @throws TenantsFileError with every problem at once */
export function parseTenantsFile(source: string, options: TenantsFileOptions): TenantsFile {
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const problems = new YamlProblems(options.path, lines);
  for (const { pos, message } of document.errors) problems.addAt(pos[0], message);
  const file = problems.list.length > 0 ? undefined : new FileReader(problems, options).read(document.contents);
  if (file === undefined || problems.list.length > 0) throw new TenantsFileError(problems.list);
  return file;
}

/** The bounds of a policy as the file names them. */
interface PolicyFields {
  readonly weight: number;
  readonly running_calls: number;
  readonly waiting_calls: number;
  readonly input_tokens_per_minute: number;
  readonly output_tokens_per_minute: number;
  readonly sessions: number;
  readonly session_bytes: number;
}

interface TenantFields extends PolicyFields {
  readonly disabled: boolean;
  readonly keys: readonly TenantKey[];
  readonly certificates: readonly TenantCertificate[];
}

type PolicyReaders = { readonly [Name in keyof PolicyFields]: FieldReader<PolicyFields[Name]> };

/** Reads one document. It goes on after a problem, so that the operator gets all of them at once. */
class FileReader {
  readonly #problems: YamlProblems;
  readonly #policyReaders: PolicyReaders;
  /** The place of each hash, URI and subject, which only one caller may have. */
  readonly #taken = new Set<string>();

  constructor(problems: YamlProblems, { parseSize }: TenantsFileOptions) {
    this.#problems = problems;
    const count = (min: number): FieldReader<number> =>
      scalar(problems, {
        expected: `a whole number from ${min} to ${MAX_COUNT}`,
        parse: (value) =>
          Number.isInteger(value) && isWithin(value as number, min, MAX_COUNT) ? Number(value) : undefined,
      });
    this.#policyReaders = {
      weight: scalar(problems, {
        expected: `a number from ${MIN_WEIGHT} to ${MAX_WEIGHT}`,
        parse: (value) => (typeof value === "number" && isWithin(value, MIN_WEIGHT, MAX_WEIGHT) ? value : undefined),
      }),
      running_calls: count(1),
      waiting_calls: count(0),
      input_tokens_per_minute: count(1),
      output_tokens_per_minute: count(1),
      sessions: count(0),
      session_bytes: scalar(problems, {
        expected: "a size such as 100MiB",
        parse: (value) => parseSize(String(value)),
      }),
    };
  }

  read(contents: YamlNode): TenantsFile {
    let defaults: TenantPolicy = { weight: 1 };
    let tenants: YamlField | undefined;
    for (const field of mapFields(contents, contents, this.#problems)) {
      const { name, value, pair } = field;
      if (name === "defaults") {
        const fields = mapFields(value, pair, this.#problems);
        defaults = toPolicy(readFields<PolicyFields>(fields, this.#policyReaders, this.#problems), defaults);
      } else if (name === "tenants") tenants = field;
      else this.#problems.add(pair, `${name} is unknown; there is tenants, defaults`);
    }
    const entries = tenants === undefined ? [] : mapFields(tenants.value, tenants.pair, this.#problems);
    if (entries.length > MAX_TENANTS) {
      this.#problems.add(tenants?.pair ?? null, `tenants has ${entries.length} entries; at most ${MAX_TENANTS}`);
      return { tenants: new Map(), defaults };
    }
    return { tenants: new Map(entries.map((entry) => [entry.name, this.#readTenant(entry, defaults)])), defaults };
  }

  #readTenant({ name, value, pair }: YamlField, defaults: TenantPolicy): Tenant {
    const problems = this.#problems;
    if (!isName(name)) problems.add(pair, `the name of a tenant must be ${NAME_EXPECTED}`);
    const fields = mapFields(value, pair, problems);
    const read = readFields<TenantFields>(
      fields,
      {
        ...this.#policyReaders,
        disabled: scalar(problems, {
          expected: "true or false",
          parse: (v) => (typeof v === "boolean" ? v : undefined),
        }),
        keys: (field) => this.#readCredentials(field, (node) => this.#readKey(node)),
        certificates: (field) => this.#readCredentials(field, (node) => this.#readCertificate(node)),
      },
      problems,
    );
    const { disabled = false, keys = [], certificates = [], ...policy } = read;
    return { policy: toPolicy(policy, defaults), isDisabled: disabled, keys, certificates };
  }

  #readCredentials<Credential>(
    { name, value, pair }: YamlField,
    read: (node: Node) => Credential | undefined,
  ): readonly Credential[] {
    const items = listItems(value, pair, this.#problems);
    if (items.length > MAX_CREDENTIALS) {
      this.#problems.add(pair, `${name} has ${items.length} entries; at most ${MAX_CREDENTIALS} for a tenant`);
      return [];
    }
    return items.flatMap((item) => read(item) ?? []);
  }

  #readKey(node: Node): TenantKey | undefined {
    const problems = this.#problems;
    const read = readFields<{ name: string; sha256: string; permissions: ReadonlySet<Permission>; expires: number }>(
      mapFields(node, node, problems),
      {
        name: scalar(problems, { expected: NAME_EXPECTED, parse: (value) => (isName(value) ? value : undefined) }),
        sha256: scalar(problems, { expected: "the 64 hex digits of the SHA-256 of the key", parse: parseHash }),
        permissions: (field) => this.#readPermissions(field),
        expires: scalar(problems, { expected: "a time in UTC such as 2027-01-01T00:00:00Z", parse: parseTime }),
      },
      problems,
    );
    const { name, sha256, permissions = DEFAULT_PERMISSIONS, expires: expiresMs } = read;
    if (name === undefined && !hasField(node, "name")) problems.add(node, "a key needs a name");
    if (sha256 === undefined && !hasField(node, "sha256")) problems.add(node, "a key needs a sha256");
    if (name === undefined || sha256 === undefined) return undefined;
    this.#take(`key:${sha256}`, node, "the sha256 belongs to another key of this file");
    return { name, sha256, permissions, expiresMs };
  }

  #readCertificate(node: Node): TenantCertificate | undefined {
    const problems = this.#problems;
    const name = scalar(problems, {
      expected: "a text of 1 to 1024 characters",
      parse: (value) => (typeof value === "string" && value.length >= 1 && value.length <= 1024 ? value : undefined),
    });
    const read = readFields<{ uri: string; subject: string; permissions: ReadonlySet<Permission> }>(
      mapFields(node, node, problems),
      { uri: name, subject: name, permissions: (field) => this.#readPermissions(field) },
      problems,
    );
    const { uri, subject, permissions = DEFAULT_PERMISSIONS } = read;
    if ((uri === undefined) === (subject === undefined)) {
      problems.add(node, "a certificate needs either a uri or a subject");
      return undefined;
    }
    const kind = uri === undefined ? "subject" : "uri";
    const named = uri ?? subject ?? "";
    this.#take(`${kind}:${named}`, node, `the ${kind} belongs to another certificate of this file`);
    return { kind, name: named, permissions };
  }

  #readPermissions({ name, value, pair }: YamlField): ReadonlySet<Permission> {
    const permissions = new Set<Permission>();
    for (const item of listItems(value, pair, this.#problems)) {
      const permission = PERMISSIONS.find((known) => isScalar(item) && item.value === known);
      if (permission === undefined) this.#problems.add(item, `${name} must be of ${PERMISSIONS.join(", ")}`);
      else permissions.add(permission);
    }
    return permissions;
  }

  #take(credential: string, node: Node, problem: string): void {
    if (this.#taken.has(credential)) this.#problems.add(node, problem);
    this.#taken.add(credential);
  }
}

function toPolicy(fields: Partial<PolicyFields>, defaults: TenantPolicy): TenantPolicy {
  return Object.freeze({
    weight: fields.weight ?? defaults.weight,
    runningCalls: fields.running_calls ?? defaults.runningCalls,
    waitingCalls: fields.waiting_calls ?? defaults.waitingCalls,
    inputTokensPerMinute: fields.input_tokens_per_minute ?? defaults.inputTokensPerMinute,
    outputTokensPerMinute: fields.output_tokens_per_minute ?? defaults.outputTokensPerMinute,
    sessions: fields.sessions ?? defaults.sessions,
    sessionBytes: fields.session_bytes ?? defaults.sessionBytes,
  });
}

/** Whether the map has the field, valid or not, so that an invalid one is not reported as missing too. */
function hasField(node: Node, name: string): boolean {
  return isMap(node) && node.has(name);
}

function parseHash(value: unknown): string | undefined {
  return typeof value === "string" && HASH_PATTERN.test(value) ? value.toLowerCase() : undefined;
}

function parseTime(value: unknown): number | undefined {
  const ms = typeof value === "string" && TIME_PATTERN.test(value) ? Date.parse(value) : NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

function isWithin(value: number, min: number, max: number): boolean {
  return value >= min && value <= max;
}
