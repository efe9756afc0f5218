import type { AuditTrail } from "../core/audit.js";
import type { Caller, ClientCertificate } from "../core/calls.js";
import type { TenantPolicies, TenantPolicy } from "../core/tenant-policy.js";
import type { Clock } from "../sync/clock.js";
import type { Logger } from "../telemetry/logger.js";
import type { Revocations } from "./revocations.js";
import { parseTenantsFile, type TenantsFile } from "./tenants-file.js";
import { WatchedFile } from "./watched-file.js";

/** Room for 1,000 tenants with two keys each. A larger file would hold the main thread for over a second when it is read again. */
const MAX_FILE_BYTES = 256 * 1024;

export interface TenantDirectoryOptions {
  /** The path of the tenants file, or undefined for a server whose tenants come from JWT alone. */
  readonly path: string | undefined;
  readonly parseSize: (text: string) => number | undefined;
  readonly revocations: Revocations;
  /** The record of the reloads that the server does by itself. SIGHUP's are recorded elsewhere. */
  readonly audit: AuditTrail;
  readonly log: Logger;
  readonly clock: Clock;
  /** The time of day in ms. */
  readonly wallNowMs: () => number;
}

/** A key or certificate with its caller. */
interface Credential {
  readonly tenant: string;
  readonly caller: Caller;
  readonly expiresMs: number | undefined;
}

/** The contents of one reading of the file. */
interface Contents {
  readonly file: TenantsFile;
  /** The credentials by `key:HASH`, `uri:URI` and `subject:SUBJECT`. Those of disabled tenants are left out. */
  readonly credentials: ReadonlyMap<string, Credential>;
}

const NO_FILE: TenantsFile = { tenants: new Map(), defaults: { weight: 1 } };

/**
 * The tenants of the file with their keys, certificates and policies, on the main thread. The file is read again when it changes and on SIGHUP. If it is
 * invalid then, the contents before it stay in use. A reading that removes a key, a certificate or a tenant ends the calls that were opened with it.
 */
export class TenantDirectory implements TenantPolicies, Disposable {
  readonly name = "tenants";
  readonly #options: TenantDirectoryOptions;
  readonly #file: WatchedFile | undefined;
  #contents: Contents = { file: NO_FILE, credentials: new Map() };
  #reading: Promise<void> = Promise.resolve();

  private constructor(options: TenantDirectoryOptions) {
    this.#options = options;
    const { path, clock } = options;
    if (path === undefined) return;
    this.#file = new WatchedFile({ path, maxBytes: MAX_FILE_BYTES, clock, onChange: () => this.#reloadChanged() });
  }

  /** @throws Error with every problem of the file */
  static async open(options: TenantDirectoryOptions): Promise<TenantDirectory> {
    const directory = new TenantDirectory(options);
    await directory.reload();
    directory.#file?.watch();
    return directory;
  }

  /** Whether the directory reads a file that can be read again. */
  get hasFile(): boolean {
    return this.#file !== undefined;
  }

  of(tenant: string): TenantPolicy {
    const { tenants, defaults } = this.#contents.file;
    return tenants.get(tenant)?.policy ?? defaults;
  }

  /** Whether the file names the tenant. */
  has(tenant: string): boolean {
    return this.#contents.file.tenants.has(tenant);
  }

  isDisabled(tenant: string): boolean {
    return this.#contents.file.tenants.get(tenant)?.isDisabled ?? false;
  }

  /**
   * Finds the caller with a key, unless the key has expired. The look-up by hash tells nothing by its time: the caller chooses the key, and cannot choose
   * the hash that is compared.
   * @param sha256 the SHA-256 of the key, in lower-case hex
   */
  callerOfKey(sha256: string): Caller | undefined {
    return this.#callerOf(`key:${sha256}`);
  }

  /** Finds the caller with a certificate, by the first of its URIs that the file lists, or else by its subject. */
  callerOfCertificate({ subject, uris }: Pick<ClientCertificate, "subject" | "uris">): Caller | undefined {
    for (const uri of uris) {
      const caller = this.#callerOf(`uri:${uri}`);
      if (caller !== undefined) return caller;
    }
    return subject === "" ? undefined : this.#callerOf(`subject:${subject}`);
  }

  /** @throws Error with every problem of the file; the old contents stay in use */
  reload(): Promise<void> {
    const reading = this.#reading.then(() => this.#read());
    this.#reading = reading.catch(() => undefined);
    return reading;
  }

  [Symbol.dispose](): void {
    this.#file?.[Symbol.dispose]();
  }

  async #reloadChanged(): Promise<void> {
    const { log, audit } = this.#options;
    const reloaded = { action: "reload", target: this.name } as const;
    try {
      await this.reload();
      audit.record({ ...reloaded, outcome: "done" });
      log.info({ part: this.name, tenants: this.#contents.file.tenants.size }, "reloaded");
    } catch (err) {
      audit.record({ ...reloaded, outcome: "failed" });
      log.error({ part: this.name, err }, "the reload failed, and the old contents stay in use");
    }
  }

  #read(): void {
    if (this.#file === undefined) return;
    const { path = "", parseSize } = this.#options;
    const file = parseTenantsFile(this.#file.read(), { path, parseSize });
    this.#replace({ file, credentials: new Map(this.#credentialsOf(file)) });
  }

  /** Puts new contents in the place of the old ones, and ends the calls of what is gone. */
  #replace(contents: Contents): void {
    const before = this.#contents;
    this.#contents = contents;
    const { revocations, log } = this.#options;
    const goneCredentials = [...before.credentials].filter(
      ([name, { tenant }]) => contents.credentials.get(name)?.tenant !== tenant,
    );
    const goneTenants = [...before.file.tenants.keys()].filter((tenant) => !contents.file.tenants.has(tenant));
    const disabled = [...contents.file.tenants].filter(([, { isDisabled }]) => isDisabled).map(([tenant]) => tenant);
    let calls = 0;
    for (const [name] of goneCredentials) calls += revocations.revoke(name);
    for (const tenant of [...goneTenants, ...disabled]) calls += revocations.revoke(tenantName(tenant));
    if (calls > 0)
      log.warn(
        { calls, tenants: goneTenants.length, credentials: goneCredentials.length },
        "calls ended because their credentials were removed",
      );
  }

  #callerOf(name: string): Caller | undefined {
    const found = this.#contents.credentials.get(name);
    if (found === undefined) return undefined;
    return found.expiresMs !== undefined && found.expiresMs <= this.#options.wallNowMs() ? undefined : found.caller;
  }

  *#credentialsOf({ tenants }: TenantsFile): Iterable<[string, Credential]> {
    for (const [tenant, { isDisabled, keys, certificates }] of tenants) {
      if (isDisabled) continue;
      for (const { sha256, name: subject, permissions, expiresMs } of keys) {
        const name = `key:${sha256}`;
        yield [name, { tenant, caller: this.#caller(name, { tenant, subject, permissions }), expiresMs }];
      }
      for (const { kind, name: subject, permissions } of certificates) {
        const name = `${kind}:${subject}`;
        yield [name, { tenant, caller: this.#caller(name, { tenant, subject, permissions }), expiresMs: undefined }];
      }
    }
  }

  #caller(name: string, caller: Omit<Caller, "revocation">): Caller {
    const { tenant } = caller;
    const holds = (): boolean => this.#contents.credentials.get(name)?.tenant === tenant;
    return Object.freeze({ ...caller, revocation: this.#options.revocations.of({ names: [name], holds }) });
  }
}

/** The name under which all callers of a tenant with tokens are revoked. */
export function tenantName(tenant: string): string {
  return `tenant:${tenant}`;
}
