import { BlockList, isIP, isIPv6 } from "node:net";

/** The entry for all peers of a Unix socket, which have no address. */
export const UNIX_SOCKET = "unix";

/** The peers whose deadlines count, as the operator listed them. */
export class TrustedProxies {
  readonly #list = new BlockList();
  readonly #trustsUnixSockets: boolean;

  /** @param entries the results of `parseTrustedProxy` */
  constructor(entries: readonly string[]) {
    this.#trustsUnixSockets = entries.includes(UNIX_SOCKET);
    for (const entry of entries) if (entry !== UNIX_SOCKET) this.#add(entry);
  }

  /** @param peerAddress the address without a port, or undefined for a Unix socket */
  includes(peerAddress: string | undefined): boolean {
    if (peerAddress === undefined) return this.#trustsUnixSockets;
    const address = plainAddress(peerAddress);
    return isIP(address) !== 0 && this.#list.check(address, familyOf(address));
  }

  #add(entry: string): void {
    const [address = "", bits] = entry.split("/");
    if (bits === undefined) this.#list.addAddress(address, familyOf(address));
    else this.#list.addSubnet(address, Number(bits), familyOf(address));
  }
}

/** Parses an address, a prefix such as 10.0.0.0/8 or fd00::/8, or "unix". Returns undefined for anything else. */
export function parseTrustedProxy(text: string): string | undefined {
  if (text === UNIX_SOCKET) return text;
  const [, address = "", bits] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const family = isIP(address);
  const mostBits = family === 6 ? 128 : 32;
  return family === 0 || Number(bits ?? 0) > mostBits ? undefined : text;
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIPv6(address) ? "ipv6" : "ipv4";
}

/** Normalises an address. An IPv4 peer of a socket that listens on :: appears as ::ffff:10.0.0.1, and a link-local address with its zone. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, "").replace(/%.*$/, "");
}
