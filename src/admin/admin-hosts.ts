import { isIP } from "node:net";

/** The most characters of a host that a response or a log line shows. */
const MAX_SHOWN_CHARS = 100;

/**
 * Decides which Host headers the admin port accepts. A foreign web page can make its own name resolve to this machine and so read the admin port (DNS
 * rebinding), but it cannot choose the Host header. IP addresses, which the kubelet and Prometheus send, and localhost are always accepted.
 */
export class AdminHosts {
  readonly #names: ReadonlySet<string>;

  /** @param names further names, in upper or lower case */
  constructor(names: readonly string[]) {
    this.#names = new Set(["localhost", ...names.map((name) => canonical(name))]);
  }

  /** @param header the Host header, or undefined, which HTTP/1.0 allows and browsers never send */
  allow(header: string | undefined): boolean {
    if (header === undefined) return true;
    const host = hostOf(header);
    return host !== undefined && (isIP(host) !== 0 || this.#names.has(canonical(host)));
  }
}

/** Shortens a Host header and makes it printable. */
export function shownHost(header: string | undefined): string {
  return JSON.stringify((header ?? "").slice(0, MAX_SHOWN_CHARS));
}

/** Removes the port, and the brackets of an IPv6 address. */
function hostOf(header: string): string | undefined {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(header.trim()) ?? [];
  return bracketed ?? plain;
}

function canonical(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}
