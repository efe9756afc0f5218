import { ServerCredentials } from "@grpc/grpc-js";
import type { ListenSecurity } from "../../machine/listen-address.js";
import type { Certificates } from "../../tls/certificates.js";

export interface TlsCredentialsOptions {
  readonly certificates: Certificates;
  readonly security: Exclude<ListenSecurity, "plaintext">;
  /** The time in which a client must finish the handshake of TLS. */
  readonly handshakeMs: number;
}

/**
 * The credentials of one TLS listener. grpc-js has providers of certificates too, but they pass on a pair that OpenSSL refuses, after which grpc-js drops
 * every new connection, and they know neither server names nor versions. These get only checked certificates.
 */
export class TlsCredentials extends ServerCredentials implements Disposable {
  readonly #replacements: Disposable;

  constructor({ certificates, security, handshakeMs }: TlsCredentialsOptions) {
    const options = certificates.serverOptions;
    super(
      {
        ...options,
        requestCert: certificates.knowsClients,
        rejectUnauthorized: security === "mtls",
        handshakeTimeout: handshakeMs,
      },
      options,
    );
    this.#replacements = certificates.onReplaced((context) => this.updateSecureContextOptions(context));
  }

  /** Ends the replacements. Open connections do not notice. */
  [Symbol.dispose](): void {
    this.#replacements[Symbol.dispose]();
  }

  _equals(other: ServerCredentials): boolean {
    return other === this;
  }
}
