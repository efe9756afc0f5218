import type { Config } from "../settings/config.js";
import type { Clock } from "../sync/clock.js";
import type { Logger } from "../telemetry/logger.js";
import { Certificates } from "../tls/certificates.js";
import type { Reloads } from "./reloads.js";

/**
 * Reads the certificates of the settings, and lets SIGHUP reload them. Returns undefined if no address has TLS.
 * @throws Error with the file and the fault
 */
export function openCertificates(
  config: Config,
  { reloads, clock, log }: { readonly reloads: Reloads; readonly clock: Clock; readonly log: Logger },
): Certificates | undefined {
  const { tlsCertificates, tlsKeys, tlsClientAuthorities, tlsMinVersion } = config;
  if (tlsCertificates.length === 0) return undefined;
  const certificates = new Certificates({
    // The settings are checked: there are as many keys as certificates.
    pairs: tlsCertificates.map((certificate, index) => ({ certificate, key: tlsKeys[index] ?? "" })),
    clientAuthorities: tlsClientAuthorities === "none" ? undefined : tlsClientAuthorities,
    minVersion: tlsMinVersion,
    clock,
    wallNowMs: Date.now,
    log,
  });
  reloads.add(certificates);
  return certificates;
}
