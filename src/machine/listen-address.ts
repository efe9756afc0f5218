import { formatAddress, formatSocketAddress, parseAddress, parseSocketAddress } from "./address.js";

/**
 * How the connections of an address are protected. `tls` encrypts, and verifies the certificate of a client that has one. `mtls` also refuses clients
 * without one.
 */
export type ListenSecurity = "plaintext" | "tls" | "mtls";

/** An address to listen on, and the security of its connections. */
export interface ListenAddress {
  readonly security: ListenSecurity;
  /** `host:port`, or `unix:path`. */
  readonly address: string;
}

/** Parses `host:port`, `unix:path`, `tls://host:port` or `mtls://host:port`. Returns undefined for anything else. */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const [, scheme, rest = ""] = /^(?:(m?tls):\/\/)?(.*)$/s.exec(text) ?? [];
  const address = parseAddress(rest);
  if (address !== undefined) {
    return { security: (scheme as "tls" | "mtls" | undefined) ?? "plaintext", address: formatAddress(address) };
  }
  const socket = scheme === undefined ? parseSocketAddress(rest) : undefined;
  return socket === undefined ? undefined : { security: "plaintext", address: formatSocketAddress(socket) };
}

/** Formats an address so that `parseListenAddress` reads it back. */
export function formatListenAddress({ security, address }: ListenAddress): string {
  return security === "plaintext" ? address : `${security}://${address}`;
}
