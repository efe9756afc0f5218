import { readFileSync } from "node:fs";
import type { ConnectionOptions } from "node:tls";
import { isLoopback } from "../../machine/address.js";

/** The address of a PostgreSQL server, with what it says of encryption taken out of it. */
export interface PostgresTarget {
  /** The address without the parameters of TLS. */
  readonly connectionString: string;
  /** The options of TLS, or false for a connection that is not encrypted. */
  readonly tls: ConnectionOptions | false;
  /** The reason for which somebody on the way could read or change what is stored, or undefined if nobody can. */
  readonly weakness: string | undefined;
}

const MODES = ["disable", "require", "verify-ca", "verify-full"] as const;

const TLS_PARAMETERS = ["sslmode", "sslrootcert", "sslcert", "sslkey", "ssl"] as const;

/** The address asks for something of TLS that there is not, or names a file that cannot be read. */
export class PostgresTlsError extends Error {}

/**
 * Reads `sslmode`, `sslrootcert`, `sslcert` and `sslkey` of an address as libpq does, with `disable` as the default of `sslmode`. Without `sslrootcert`, the certificate authorities of Node apply.
 * @throws PostgresTlsError for a value that is not supported, or a file that cannot be read
 */
export function readPostgresTarget(address: string): PostgresTarget {
  const url = new URL(address);
  const { searchParams } = url;
  const mode = searchParams.get("sslmode") ?? "disable";
  if (searchParams.has("ssl")) throw new PostgresTlsError("--store: ssl is no parameter of the address: use sslmode");
  if (!isMode(mode)) {
    throw new PostgresTlsError(`--store: sslmode is ${JSON.stringify(mode)}, and must be one of ${MODES.join(", ")}`);
  }
  const [ca, cert, key] = ["sslrootcert", "sslcert", "sslkey"].map((name) => readParameter(searchParams, name));
  const tls = mode === "disable" ? false : { ...verificationOf(mode, ca !== undefined), ...given({ ca, cert, key }) };
  const weakness = isOnThisMachine(url) ? undefined : weaknessOf(mode, ca !== undefined);
  for (const name of TLS_PARAMETERS) searchParams.delete(name);
  return { connectionString: url.href, tls, weakness };
}

type Mode = (typeof MODES)[number];

function isMode(text: string): text is Mode {
  return MODES.some((mode) => mode === text);
}

/** Returns what is verified. As with libpq, a given authority makes `require` verify the certificate too. */
function verificationOf(mode: Mode, hasAuthority: boolean): ConnectionOptions {
  if (mode === "verify-full") return { rejectUnauthorized: true };
  if (mode === "verify-ca" || hasAuthority) {
    return { rejectUnauthorized: true, checkServerIdentity: () => undefined };
  }
  return { rejectUnauthorized: false };
}

function weaknessOf(mode: Mode, hasAuthority: boolean): string | undefined {
  if (mode === "verify-full") return undefined;
  if (mode === "disable") return "the connection is not encrypted";
  const isVerified = mode === "verify-ca" || hasAuthority;
  return isVerified ? "the server's name is not verified" : "the server's certificate is not verified";
}

/** Whether the address leads to a socket or to the loopback interface. */
function isOnThisMachine({ hostname, port, searchParams }: URL): boolean {
  const host = searchParams.get("host") ?? decodeURIComponent(hostname);
  return host === "" || host.startsWith("/") || isLoopback({ host: host.replace(/^\[|\]$/g, ""), port: Number(port) });
}

function readParameter(parameters: URLSearchParams, name: string): Buffer | undefined {
  const path = parameters.get(name);
  if (path === null) return undefined;
  try {
    return readFileSync(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new PostgresTlsError(`--store: ${name} cannot be read: ${reason}`, { cause: error });
  }
}

function given(files: Readonly<Record<"ca" | "cert" | "key", Buffer | undefined>>): ConnectionOptions {
  return Object.fromEntries(Object.entries(files).filter(([, contents]) => contents !== undefined));
}
