import type { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import type { CertificatePair } from "./certificate-pair.js";

/** The facts that a caller on this machine needs to trust the server. */
export interface TrustHints {
  /** The file with the authority of the server's certificate, or undefined if the server has no such file. */
  readonly authorities: string | undefined;
  /** A name of the certificate to ask for when the server is called by this host, or undefined if the certificate has the host itself. */
  nameFor(host: string): string | undefined;
}

/**
 * Finds in the server's own files what a caller needs. The authority of a certificate that signs itself is its own file, and otherwise it may be among
 * the authorities of clients. A certificate of a public authority needs none.
 *
 * @param clientAuthorities the path and the certificates of the authorities of clients
 */
export function trustHints(
  { files, leaf, root }: CertificatePair,
  clientAuthorities: { readonly path: string; readonly certificates: readonly X509Certificate[] } | undefined,
): TrustHints {
  const isAmongClients = clientAuthorities?.certificates.some((authority) => root.checkIssued(authority)) ?? false;
  const clientPath = isAmongClients ? clientAuthorities?.path : undefined;
  return {
    authorities: root.checkIssued(root) ? files.certificate : clientPath,
    nameFor: (host) => {
      const found = isIP(host) === 0 ? leaf.checkHost(host) : leaf.checkIP(host);
      return found === undefined ? firstName(leaf) : undefined;
    },
  };
}

/** The first DNS name of a certificate without a wildcard. */
function firstName({ subjectAltName = "" }: X509Certificate): string | undefined {
  const names = subjectAltName.split(", ").filter((name) => /^DNS:[^*"]+$/.test(name));
  return names[0]?.slice("DNS:".length);
}
