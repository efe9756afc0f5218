import { TOKEN_ALGORITHMS } from "../identity/key-set.js";
import { isLoopback, parseHostName } from "../machine/address.js";
import { choice, duration, list, text } from "./setting-types.js";

/** The word for a source of identity that is not used. */
export const UNUSED = "none";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
/** The algorithms that cost the main thread less than 0.3 ms for each token, good or bad. ES384 takes 1 ms. */
const DEFAULT_ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"];

/** The settings about who calls. */
export const IDENTITY_SETTINGS = {
  tenantsPath: text({
    name: "tenants",
    about: "YAML file of the tenants with their keys, certificates and shares; it is read again when it changes",
    placeholder: "path|none",
    default: UNUSED,
  }),
  jwtKeys: {
    ...text({
      name: "jwt-keys",
      about: "JWKS with the public keys of the issuer of JWTs; a URL is fetched every 5m",
      placeholder: "path|url|none",
      default: UNUSED,
    }),
    expected: "none, a path, an https URL without a password, or an http URL on this machine",
    parse: parseKeysLocation,
  },
  jwtIssuer: text({
    name: "jwt-issuer",
    about: "the claim iss that a JWT must have",
    placeholder: "issuer|none",
    default: UNUSED,
  }),
  jwtAudience: text({
    name: "jwt-audience",
    about: "the text that the claim aud of a JWT must contain",
    placeholder: "audience|none",
    default: UNUSED,
  }),
  jwtAlgorithms: {
    ...list({
      name: "jwt-algorithms",
      about: "algorithms that a JWT may be signed with",
      placeholder: "algorithm",
      expected: `algorithms of ${TOKEN_ALGORITHMS.join(", ")}`,
      parseItem: (item) => TOKEN_ALGORITHMS.find((algorithm) => algorithm === item),
    }),
    default: DEFAULT_ALGORITHMS,
  },
  jwtClockSkewMs: duration({
    name: "jwt-clock-skew",
    about: "how far the clock of the issuer may be off",
    default: 30 * SECOND,
    min: 0,
    max: 5 * MINUTE,
  }),
  jwtTenantClaim: text({
    name: "jwt-tenant-claim",
    about: "the claim that names the tenant",
    placeholder: "claim",
    default: "tenant",
  }),
  jwtPermissionsClaim: text({
    name: "jwt-permissions-claim",
    about: "the claim that lists the permissions; without it a caller has generate, sessions and tokens",
    placeholder: "claim",
    default: "permissions",
  }),
  trustedProxyIdentities: list({
    name: "trusted-proxy-identity",
    about: "proxies whose x-forwarded-client-cert counts, by a URI or DNS name of their own certificates",
    placeholder: "name",
    expected: "URIs and DNS names",
    parseItem: (item) => (/^[a-z][a-z0-9+.-]*:\/\/[\x21-\x2b\x2d-\x7e]+$/i.test(item) ? item : parseHostName(item)),
  }),
  reflection: choice({
    name: "reflection",
    about:
      "server reflection; auto: for identified callers, or for callers on this machine if the server knows no callers",
    default: "auto",
    words: ["auto", "on", "off"],
  }),
};

/** The values that `findIdentityConflicts` compares. */
interface IdentityValues {
  readonly jwtKeys: string;
  readonly jwtIssuer: string;
  readonly jwtAudience: string;
  readonly jwtAlgorithms: readonly string[];
}

/** Finds values that are valid alone and conflict with one another. */
export function findIdentityConflicts({ jwtKeys, jwtIssuer, jwtAudience, jwtAlgorithms }: IdentityValues): string[] {
  if (jwtKeys === UNUSED) {
    return [
      ...(jwtIssuer === UNUSED ? [] : ["--jwt-issuer needs --jwt-keys, with which tokens are verified"]),
      ...(jwtAudience === UNUSED ? [] : ["--jwt-audience needs --jwt-keys, with which tokens are verified"]),
    ];
  }
  return [
    ...(jwtIssuer === UNUSED
      ? ["--jwt-keys needs --jwt-issuer, or tokens of any issuer with such a key would do"]
      : []),
    ...(jwtAudience === UNUSED ? ["--jwt-keys needs --jwt-audience, or tokens for other services would do"] : []),
    ...(jwtAlgorithms.length === 0 ? ["--jwt-algorithms must name at least one algorithm"] : []),
  ];
}

function parseKeysLocation(value: string): string | undefined {
  if (value.trim() === "") return undefined;
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(value)) return value;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.username !== "" || url.password !== "") return undefined;
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const isSafe = url.protocol === "https:" || (url.protocol === "http:" && isLoopback({ host, port: 0 }));
  return isSafe ? value : undefined;
}
