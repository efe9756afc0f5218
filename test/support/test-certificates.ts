import "./reflect-metadata.js";
import { createPrivateKey, webcrypto } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
  type X509Certificate,
} from "@peculiar/x509";

const KEY_ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const DAY_MS = 24 * 60 * 60_000;

cryptoProvider.set(webcrypto);

/** A certificate with its key, in PEM. */
export interface IssuedPair {
  readonly certificate: string;
  readonly key: string;
  /** As Node writes it: hexadecimal digits in upper case. */
  readonly serial: string;
}

export interface IssueOptions {
  /** Such as "O=Acme, CN=worker", from the root of the name to its leaf. */
  readonly subject: string;
  readonly dnsNames?: readonly string[];
  readonly uris?: readonly string[];
  readonly addresses?: readonly string[];
  /** The first and the last day from today. Default: from yesterday for 30 days. */
  readonly fromDay?: number;
  readonly toDay?: number;
  /** Default: both. */
  readonly usage?: "server" | "client";
}

/** A certificate authority of a test, which issues pairs of ECDSA P-256. */
export class TestAuthority {
  /** The certificate of the authority, in PEM. */
  readonly certificate: string;
  readonly #issuer: X509Certificate;
  readonly #keys: webcrypto.CryptoKeyPair;
  #serial = Math.floor(Math.random() * 0x7fff_ffff);

  private constructor(issuer: X509Certificate, keys: webcrypto.CryptoKeyPair) {
    this.#issuer = issuer;
    this.#keys = keys;
    this.certificate = `${issuer.toString("pem")}\n`;
  }

  static async create(name: string): Promise<TestAuthority> {
    const keys = await createKeys();
    const issuer = await X509CertificateGenerator.createSelfSigned({
      serialNumber: "01",
      name: `CN=${name}`,
      ...validity({}),
      keys,
      signingAlgorithm: KEY_ALGORITHM,
      extensions: [
        new BasicConstraintsExtension(true, 1, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
        await SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    return new TestAuthority(issuer, keys);
  }

  async issue(options: IssueOptions): Promise<IssuedPair> {
    const { subject, dnsNames = [], uris = [], addresses = [], usage } = options;
    const keys = await createKeys();
    this.#serial += 1;
    const serial = (this.#serial * 2).toString(16).padStart(8, "0").toUpperCase();
    const names = [
      ...dnsNames.map((value) => ({ type: "dns" as const, value })),
      ...uris.map((value) => ({ type: "url" as const, value })),
      ...addresses.map((value) => ({ type: "ip" as const, value })),
    ];
    const usages = [
      ...(usage === "client" ? [] : [ExtendedKeyUsage.serverAuth]),
      ...(usage === "server" ? [] : [ExtendedKeyUsage.clientAuth]),
    ];
    const certificate = await X509CertificateGenerator.create({
      serialNumber: serial,
      subject,
      issuer: this.#issuer.subject,
      ...validity(options),
      publicKey: keys.publicKey,
      signingKey: this.#keys.privateKey,
      signingAlgorithm: KEY_ALGORITHM,
      extensions: [
        new ExtendedKeyUsageExtension(usages),
        await AuthorityKeyIdentifierExtension.create(this.#keys.publicKey),
        ...(names.length === 0 ? [] : [new SubjectAlternativeNameExtension(names)]),
      ],
    });
    return { certificate: `${certificate.toString("pem")}\n`, key: await exportKey(keys.privateKey), serial };
  }

  /** Issues a certificate for servers on this machine. */
  issueForLocalhost(options: Partial<IssueOptions> = {}): Promise<IssuedPair> {
    return this.issue({ subject: "CN=localhost", dnsNames: ["localhost"], addresses: ["127.0.0.1"], ...options });
  }
}

/** A folder for certificate files, which disposing removes. */
export class CertificateFolder implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async create(): Promise<CertificateFolder> {
    return new CertificateFolder(await mkdtemp(join(tmpdir(), "rill-tls-")));
  }

  /** Writes a file and returns its path. */
  async write(name: string, content: string): Promise<string> {
    const path = join(this.path, name);
    await writeFile(path, content);
    return path;
  }

  /** Writes `NAME.pem` and `NAME.key`. */
  async writePair(name: string, pair: IssuedPair): Promise<{ readonly certificate: string; readonly key: string }> {
    return {
      certificate: await this.write(`${name}.pem`, pair.certificate),
      key: await this.write(`${name}.key`, pair.key),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

function validity({ fromDay = -1, toDay = 30 }: Pick<IssueOptions, "fromDay" | "toDay">): {
  readonly notBefore: Date;
  readonly notAfter: Date;
} {
  return { notBefore: new Date(Date.now() + fromDay * DAY_MS), notAfter: new Date(Date.now() + toDay * DAY_MS) };
}

async function createKeys(): Promise<webcrypto.CryptoKeyPair> {
  return await webcrypto.subtle.generateKey(KEY_ALGORITHM, true, ["sign", "verify"]);
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", key));
  return createPrivateKey({ key: der, format: "der", type: "pkcs8" }).export({
    format: "pem",
    type: "pkcs8",
  }) as string;
}
