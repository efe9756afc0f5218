import { isIP } from "node:net";

/** The most characters of a name that an answer or a log line shows. */
const MOST_SHOWN = 100;

/**
 * Which values of the Host header are taken. A web page of a stranger can have its own name resolve to this machine and so read what the admin port says (DNS
 * rebinding); it cannot choose the name. Numeric addresses, which the kubelet and Prometheus send, and localhost are taken always.
 */
export class AdminHosts {
  readonly #names: ReadonlySet<string>;

  /** @param names beside those, in any case */
  constructor(names: readonly string[]) {
    this.#names = new Set(["localhost", ...names.map((name) => canonical(name))]);
  }

  /** @param header the Host header; undefined, as HTTP/1.0 allows: no browser leaves it out */
  allow(header: string | undefined): boolean {
    if (header === undefined) return true;
    const host = hostOf(header);
    return host !== undefined && (isIP(host) !== 0 || this.#names.has(canonical(host)));
  }
}

/** A Host header as it may be shown. */
export function shownHost(header: string | undefined): string {
  return JSON.stringify((header ?? "").slice(0, MOST_SHOWN));
}

/** Without the port and the brackets of IPv6. */
function hostOf(header: string): string | undefined {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(header.trim()) ?? [];
  return bracketed ?? plain;
}

function canonical(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}
