import * as grpc from "@grpc/grpc-js";
import type { ListenAddress } from "../../src/machine/listen-address.js";
import { systemClock } from "../../src/sync/clock.js";
import { type Logger, silentLogger } from "../../src/telemetry/logger.js";
import { Certificates } from "../../src/tls/certificates.js";
import { CertificateFolder, type IssuedPair, TestAuthority } from "./test-certificates.js";

/** The files and the authority of a server with TLS, and the certificates that it makes of them. */
export class TlsRig implements AsyncDisposable {
  readonly authority: TestAuthority;
  readonly folder: CertificateFolder;
  readonly certificates: Certificates;

  private constructor(parts: { authority: TestAuthority; folder: CertificateFolder; certificates: Certificates }) {
    this.authority = parts.authority;
    this.folder = parts.folder;
    this.certificates = parts.certificates;
  }

  static async create({ log = silentLogger }: { readonly log?: Logger } = {}): Promise<TlsRig> {
    const authority = await TestAuthority.create("Rill test authority");
    const folder = await CertificateFolder.create();
    const pair = await folder.writePair("server", await authority.issueForLocalhost());
    const clientAuthorities = await folder.write("authorities.pem", authority.certificate);
    const certificates = new Certificates({
      pairs: [pair],
      clientAuthorities,
      minVersion: "1.2",
      clock: systemClock,
      wallNowMs: Date.now,
      log,
    });
    return new TlsRig({ authority, folder, certificates });
  }

  /** The options of a TestServer that listens with this security. */
  serverOptions(security: "tls" | "mtls" = "tls"): { listen: readonly ListenAddress[]; certificates: Certificates } {
    return { listen: [{ security, address: "127.0.0.1:0" }], certificates: this.certificates };
  }

  /** The credentials of a grpc-js client that trusts the server. */
  credentials(identity?: IssuedPair): grpc.ChannelCredentials {
    const authorities = Buffer.from(this.authority.certificate);
    if (identity === undefined) return grpc.credentials.createSsl(authorities);
    return grpc.credentials.createSsl(authorities, Buffer.from(identity.key), Buffer.from(identity.certificate));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.certificates[Symbol.dispose]();
    await this.folder[Symbol.asyncDispose]();
  }
}
