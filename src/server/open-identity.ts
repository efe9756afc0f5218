import type { AuditTrail } from "../core/audit.js";
import { TOKEN_ALGORITHMS } from "../identity/key-set.js";
import { ServerIdentity } from "../identity/server-identity.js";
import type { Config } from "../settings/config.js";
import { UNUSED } from "../settings/identity-settings.js";
import { parseSizeBytes } from "../settings/units.js";
import { systemClock } from "../sync/clock.js";
import type { Logger } from "../telemetry/logger.js";
import type { Reloads } from "./reloads.js";

/**
 * Opens the identity that the settings describe, and lets SIGHUP reload it.
 * @throws Error with the path and every problem if a file is invalid
 */
export async function openIdentity(
  config: Config,
  { log, reloads, audit }: { readonly log: Logger; readonly reloads: Reloads; readonly audit: AuditTrail },
): Promise<ServerIdentity> {
  const { tenantsPath, jwtKeys, jwtAlgorithms, trustedProxyIdentities: trustedProxies } = config;
  const identity = await ServerIdentity.open({
    tenantsPath: tenantsPath === UNUSED ? undefined : tenantsPath,
    tokens:
      jwtKeys === UNUSED
        ? undefined
        : {
            keys: jwtKeys,
            issuer: config.jwtIssuer,
            audience: config.jwtAudience,
            algorithms: TOKEN_ALGORITHMS.filter((algorithm) => jwtAlgorithms.includes(algorithm)),
            clockSkewMs: config.jwtClockSkewMs,
            tenantClaim: config.jwtTenantClaim,
            permissionsClaim: config.jwtPermissionsClaim,
          },
    trustedProxies,
    parseSize: parseSizeBytes,
    audit,
    log,
    clock: systemClock,
  });
  for (const source of identity.sources) reloads.add(source);
  return identity;
}
