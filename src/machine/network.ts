import { isIP, isIPv6 } from "node:net";

/** The groups of an IPv6 address that a network assigns; a host chooses the rest freely. */
const NETWORK_GROUPS = 4;

/** Returns the address itself, or the network of an IPv6 address, whose host has 2^64 addresses at its disposal. */
export function networkOf(address: string): string {
  const plain = address.replace(/%.*$/, "");
  if (!isIPv6(plain) || /^::ffff:\d+\./i.test(plain)) return plain;
  // The URL parser writes every spelling of an address in one form.
  const [head = "", tail = ""] = new URL(`http://[${plain}]`).hostname.slice(1, -1).split("::");
  const first = head === "" ? [] : head.split(":");
  const last = tail === "" ? [] : tail.split(":");
  const zeros = Array.from({ length: Math.max(8 - first.length - last.length, 0) }, () => "0");
  return [...first, ...zeros, ...last].slice(0, NETWORK_GROUPS).join(":");
}

/** Returns the network of a peer that is named by its address, with or without a port, such as `10.0.0.7:51034` or `[2001:db8::1]:443`. */
export function networkOfPeer(peer: string): string {
  if (isIP(peer) !== 0) return networkOf(peer);
  const host = peer.replace(/:\d+$/, "");
  return networkOf(host.startsWith("[") ? host.slice(1, -1) : host);
}
