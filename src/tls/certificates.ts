import type { SecureContextOptions, TlsOptions } from "node:tls";
import { fileMark } from "../machine/small-file.js";
import type { Clock } from "../sync/clock.js";
import type { Logger } from "../telemetry/logger.js";
import { daysLeft, isEarly, type PairFiles, readCertificates, readPair } from "./certificate-pair.js";
import { readPemFile } from "./pem-file.js";
import { type CertificateSet, contextOptions, SecureContexts, type TlsVersion } from "./secure-settings.js";
import { type TrustHints, trustHints } from "./trust-hints.js";

/** How often the files are looked at. A look takes some ten microseconds per file. */
const LOOK_INTERVAL_MS = 1_000;
/** The time before its end from which the log warns of a certificate. */
const SOON_DAYS = 14;

export interface CertificatesOptions {
  /** At least one pair. */
  readonly pairs: readonly PairFiles[];
  /** The file with the authorities of clients, or undefined if clients are not asked for a certificate. */
  readonly clientAuthorities: string | undefined;
  readonly minVersion: TlsVersion;
  readonly clock: Clock;
  /** The time of day. */
  readonly wallNowMs: () => number;
  readonly log: Logger;
}

/** The state of the certificates for the metrics. */
export interface CertificatesReport {
  /** The days until each certificate expires, by the path of its file. */
  readonly daysLeft: ReadonlyMap<string, number>;
  /** Since the start. */
  readonly replaced: number;
  /** The attempts since the start that ended with the old certificates in use. */
  readonly failed: number;
}

/**
 * The certificates of the server, which follow their files. A new set is checked whole before it replaces the old one. New handshakes then use it, and
 * open connections and handshakes under way keep theirs. If the check fails, the log says why, and the old set stays.
 *
 * The files are looked at every second, and are read once a look finds them as the previous one did, so that a pair that is written file by file is
 * complete. Runs on the main thread.
 */
export class Certificates implements Disposable {
  /** The name for the log of reloads. */
  readonly name = "certificates";
  readonly #options: CertificatesOptions;
  readonly #listeners = new Set<(options: SecureContextOptions) => void>();
  #set: CertificateSet;
  #contexts: SecureContexts;
  /** The marks of the files when they were last read. */
  #readMarks: string;
  /** The marks of the files at the last look. */
  #seenMarks: string;
  #replaced = 0;
  #failed = 0;
  #timer: Disposable | undefined;

  /** @throws Error with the file and the fault */
  constructor(options: CertificatesOptions) {
    this.#options = options;
    this.#readMarks = this.#seenMarks = this.#marks();
    [this.#set, this.#contexts] = this.#read();
    this.#warnOfTimes();
    this.#rearm();
  }

  /** The facts that a caller on this machine needs to trust the first certificate. */
  get trust(): TrustHints | undefined {
    const { clientAuthorities: path } = this.#options;
    const { pairs, clientAuthorities: pem } = this.#set;
    const clients =
      path === undefined || pem === undefined ? undefined : { path, certificates: readCertificates(path, pem) };
    return pairs[0] === undefined ? undefined : trustHints(pairs[0], clients);
  }

  /** Whether clients may be asked for a certificate. */
  get knowsClients(): boolean {
    return this.#options.clientAuthorities !== undefined;
  }

  /** The options of a server that uses these certificates. Its default context is that of the moment; `onReplaced` brings the later ones. */
  get serverOptions(): TlsOptions {
    return { ...this.#contextOptions, SNICallback: (name, settle) => settle(null, this.#contexts.of(name)) };
  }

  /** Calls `listener` with the options for `setSecureContext` at each replacement, until the returned object is disposed. */
  onReplaced(listener: (options: SecureContextOptions) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  get report(): CertificatesReport {
    const nowMs = this.#options.wallNowMs();
    const days = this.#set.pairs.map(({ files, leaf }) => [files.certificate, daysLeft(leaf, nowMs)] as const);
    return { daysLeft: new Map(days), replaced: this.#replaced, failed: this.#failed };
  }

  /**
   * Reads the files now and uses them, also if they look unchanged.
   * @throws Error with the file and the fault; the old certificates then stay in use
   */
  reload(): Promise<void> {
    return new Promise((resolve) => {
      this.#replace();
      resolve();
    });
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.#listeners.clear();
  }

  get #contextOptions(): SecureContextOptions {
    return contextOptions(this.#set, this.#options.minVersion);
  }

  #rearm(): void {
    this.#timer = this.#options.clock.startTimer(LOOK_INTERVAL_MS, () => {
      this.#rearm();
      this.#look();
    });
  }

  #look(): void {
    const marks = this.#marks();
    const isSettled = marks === this.#seenMarks;
    this.#seenMarks = marks;
    if (!isSettled || marks === this.#readMarks) return;
    try {
      this.#replace();
    } catch (err) {
      this.#options.log.error({ err }, "the certificates were not replaced, and the old ones stay in use");
    }
  }

  /** @throws Error with the file and the fault; nothing is replaced then */
  #replace(): void {
    this.#readMarks = this.#marks();
    try {
      [this.#set, this.#contexts] = this.#read();
    } catch (error) {
      this.#failed += 1;
      throw error;
    }
    this.#replaced += 1;
    for (const listener of this.#listeners) listener(this.#contextOptions);
    const serials = this.#set.pairs.map(({ leaf }) => leaf.serialNumber);
    this.#options.log.info({ serials }, "new connections get the certificates that the files now have");
    this.#warnOfTimes();
  }

  #read(): [CertificateSet, SecureContexts] {
    const { clientAuthorities, minVersion } = this.#options;
    const pairs = this.#options.pairs.map(readPair);
    const set = {
      pairs,
      clientAuthorities: clientAuthorities === undefined ? undefined : readAuthorities(clientAuthorities),
    };
    return [set, new SecureContexts(set, minVersion)];
  }

  #marks(): string {
    const { pairs, clientAuthorities } = this.#options;
    const paths = pairs.flatMap(({ certificate, key }) => [certificate, key]);
    return [...paths, ...(clientAuthorities === undefined ? [] : [clientAuthorities])].map(fileMark).join(" ");
  }

  #warnOfTimes(): void {
    const { log, wallNowMs } = this.#options;
    for (const { files, leaf } of this.#set.pairs) {
      const { validFrom, validTo } = leaf;
      const days = daysLeft(leaf, wallNowMs());
      const fields = { file: files.certificate, validFrom, validTo };
      if (days <= 0) log.warn(fields, "the certificate has expired, and clients will refuse it");
      else if (isEarly(leaf, wallNowMs()))
        log.warn(fields, "the certificate is not valid yet, and clients will refuse it");
      else if (days < SOON_DAYS) log.warn(fields, "the certificate expires soon");
    }
  }
}

/** @throws Error with the file and the fault */
function readAuthorities(path: string): Buffer {
  const pem = readPemFile(path);
  if (readCertificates(path, pem).length === 0) throw new Error(`${path} has no certificate in PEM`);
  return pem;
}
