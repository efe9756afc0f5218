import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readPemFile } from "./pem-file.js";

const DAY_MS = 24 * 60 * 60_000;

/** The paths of a certificate with its chain and of the private key. */
export interface PairFiles {
  readonly certificate: string;
  readonly key: string;
}

/** A certificate whose private key belongs to it. */
export interface CertificatePair {
  readonly files: PairFiles;
  /** The certificate and its chain, in PEM. */
  readonly chain: Buffer;
  /** The private key, in PEM. It is a secret, which no log shows. */
  readonly key: Buffer;
  /** The first certificate of the chain. */
  readonly leaf: X509Certificate;
  /** The last certificate of the chain, which is the leaf itself if there is no chain. */
  readonly root: X509Certificate;
}

/**
 * Reads a pair and checks that all of the chain can be read and that the key belongs to the certificate. A certificate that is not valid at the time is
 * accepted, because its replacement may be on the way.
 *
 * @throws Error with the file and the fault, and without a secret
 */
export function readPair(files: PairFiles): CertificatePair {
  const chain = readPemFile(files.certificate);
  const certificates = readCertificates(files.certificate, chain);
  const [leaf] = certificates;
  const root = certificates.at(-1);
  if (leaf === undefined || root === undefined) throw new Error(`${files.certificate} has no certificate in PEM`);
  const key = readPemFile(files.key);
  if (!leaf.checkPrivateKey(readKey(files.key, key))) {
    throw new Error(`the key in ${files.key} does not belong to the first certificate in ${files.certificate}`);
  }
  return { files, chain, key, leaf, root };
}

/**
 * Parses the certificates of a PEM file in their order. Other blocks do not count.
 * @throws Error with the file and the position of a certificate that cannot be read
 */
export function readCertificates(path: string, pem: Buffer): readonly X509Certificate[] {
  const blocks = pem.toString("latin1").match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block, index) => {
    try {
      return new X509Certificate(block);
    } catch (error) {
      throw new Error(`certificate ${index + 1} in ${path} cannot be read: ${messageOf(error)}`, { cause: error });
    }
  });
}

/** The days until a certificate expires, with fractions. It is negative once the certificate has expired. */
export function daysLeft({ validTo }: X509Certificate, wallNowMs: number): number {
  return (Date.parse(validTo) - wallNowMs) / DAY_MS;
}

/** Whether a certificate becomes valid only later. */
export function isEarly({ validFrom }: X509Certificate, wallNowMs: number): boolean {
  return Date.parse(validFrom) > wallNowMs;
}

function readKey(path: string, pem: Buffer): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    // PKCS #8 says so in the name of the block, and the older forms in a header.
    const isEncrypted = pem.includes("ENCRYPTED");
    const fault = isEncrypted
      ? "it is encrypted, and the server has no passphrase for it"
      : "it is no private key in PEM";
    throw new Error(`the key in ${path} cannot be used: ${fault}`, { cause: error });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
