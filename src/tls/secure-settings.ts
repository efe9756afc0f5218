import { constants } from "node:crypto";
import { createSecureContext, type SecureContext, type SecureContextOptions } from "node:tls";
import type { CertificatePair } from "./certificate-pair.js";

/** The oldest version of TLS that a listener accepts. */
export type TlsVersion = "1.2" | "1.3";

/** Forward secrecy and authenticated encryption only, which is also all that HTTP/2 permits under TLS 1.2. */
const CIPHERS = [
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
  "TLS_AES_128_GCM_SHA256",
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
].join(":");
const CURVES = "X25519:P-256:P-384";

/** The files of a server at one time, checked. */
export interface CertificateSet {
  /** At least one pair. The first one is for clients that name no server, or an unknown one. */
  readonly pairs: readonly CertificatePair[];
  /** The authorities whose certificates clients may have, in PEM, or undefined if clients are not asked. */
  readonly clientAuthorities: Buffer | undefined;
}

/**
 * The options of the context in which a handshake happens. Tickets are off: a connection that is resumed by one would not have its certificate checked
 * again, also after its authority was removed. Without tickets there is no 0-RTT data, which could be replayed.
 */
export function contextOptions(set: CertificateSet, version: TlsVersion, pair = set.pairs[0]): SecureContextOptions {
  return {
    ...(pair === undefined ? {} : { cert: pair.chain, key: pair.key }),
    ...(set.clientAuthorities === undefined ? {} : { ca: set.clientAuthorities }),
    minVersion: version === "1.3" ? "TLSv1.3" : "TLSv1.2",
    ciphers: CIPHERS,
    ecdhCurve: CURVES,
    honorCipherOrder: true,
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
  };
}

/** The contexts of a set, one for each pair. */
export class SecureContexts {
  readonly #set: CertificateSet;
  readonly #contexts: readonly SecureContext[];

  /** @throws Error with the file if OpenSSL refuses a pair, for example because its key is too short */
  constructor(set: CertificateSet, version: TlsVersion) {
    this.#set = set;
    this.#contexts = set.pairs.map((pair) => {
      try {
        return createSecureContext(contextOptions(set, version, pair));
      } catch (error) {
        const cause = error instanceof Error ? error.message : String(error);
        throw new Error(`the certificate in ${pair.files.certificate} cannot be used: ${cause}`, { cause: error });
      }
    });
  }

  /** The context for the server name that a client asks for: that of the first pair with the name, or that of the first pair. */
  of(serverName: string): SecureContext | undefined {
    const index = this.#set.pairs.findIndex(({ leaf }) => leaf.checkHost(serverName) !== undefined);
    return this.#contexts[Math.max(0, index)];
  }
}
