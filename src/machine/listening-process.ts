import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { isIPv4 } from "node:net";
import { endianness } from "node:os";
import { resolve } from "node:path";

/** A process that listens on an address, as far as the system tells. */
export interface ListeningProcess {
  readonly processId: number;
  /** The short name, such as `node`. */
  readonly name: string;
  /** The command line, word by word. */
  readonly command: readonly string[];
}

/** The code of the state LISTEN in /proc/net/tcp. */
const TCP_LISTEN = "0A";
/** The flag of a Unix socket that accepts connections, in /proc/net/unix. */
const UNIX_ACCEPTS = "00010000";

/**
 * Finds the process that listens on a TCP address, by the tables of Linux under /proc. Returns undefined on other systems, for a process of another user,
 * whose sockets the system does not show, and if several processes come into question.
 *
 * @param host an IP address or a name
 */
export function findListenerOnPort(host: string, port: number): ListeningProcess | undefined {
  const listeners = ["tcp", "tcp6"]
    .flatMap((table) => rowsOf(`/proc/net/${table}`))
    .flatMap(([, local = "", , state, , , , , , inode = ""]) => {
      const [address = "", portDigits = ""] = local.split(":");
      return state === TCP_LISTEN && parseInt(portDigits, 16) === port ? [{ address, inode }] : [];
    });
  const wanted = isIPv4(host) ? hexOfIPv4(host) : undefined;
  const exact = listeners.filter(({ address }) => address === wanted);
  const inodes = new Set((exact.length > 0 ? exact : listeners).map(({ inode }) => inode));
  return findOnlyOwner((inode) => inodes.has(inode));
}

/** Finds the process that listens on a Unix socket. The table has its path as that process gave it, so a relative one is resolved in its folder. */
export function findListenerOnSocket(path: string): ListeningProcess | undefined {
  const wanted = resolve(path);
  const paths = new Map(
    rowsOf("/proc/net/unix").flatMap(([, , , flags, , , inode = "", ...words]) =>
      flags === UNIX_ACCEPTS ? [[inode, words.join(" ")] as const] : [],
    ),
  );
  return findOnlyOwner((inode, processId) => {
    const bound = paths.get(inode);
    if (bound === undefined) return false;
    return bound === wanted || resolve(tryRead(() => readlinkSync(`/proc/${processId}/cwd`)) ?? "/", bound) === wanted;
  });
}

/** The words of each row of a table, without its heading. */
function rowsOf(path: string): readonly (readonly string[])[] {
  const text = tryRead(() => readFileSync(path, "utf8")) ?? "";
  return text
    .split("\n")
    .slice(1)
    .map((row) => row.trim().split(/ +/));
}

/**
 * Finds the process that has a socket of which `isWanted` is true, by its inode and the id of the process. A process that got the socket from its parent
 * does not count beside the parent. Returns undefined if several remain.
 */
function findOnlyOwner(isWanted: (inode: string, processId: string) => boolean): ListeningProcess | undefined {
  const processIds = (tryRead(() => readdirSync("/proc")) ?? []).filter((name) => /^\d+$/.test(name));
  const owned = new Map(
    processIds.map((processId) => [processId, socketsOf(processId).filter((inode) => isWanted(inode, processId))]),
  );
  const owners = [...owned].flatMap(([processId, inodes]) => {
    const inherited = owned.get(parentOf(processId)) ?? [];
    return inodes.every((inode) => inherited.includes(inode)) ? [] : [processId];
  });
  const [owner] = owners;
  return owner !== undefined && owners.length === 1 ? describe(owner) : undefined;
}

/** The inodes of a process's sockets. */
function socketsOf(processId: string): readonly string[] {
  const descriptors = tryRead(() => readdirSync(`/proc/${processId}/fd`)) ?? [];
  return descriptors.flatMap((descriptor) => {
    const target = tryRead(() => readlinkSync(`/proc/${processId}/fd/${descriptor}`)) ?? "";
    return /^socket:\[(\d+)\]$/.exec(target)?.slice(1) ?? [];
  });
}

/** The id of the parent. In `stat` it follows the name, which is in brackets and may hold spaces. */
function parentOf(processId: string): string {
  const stat = tryRead(() => readFileSync(`/proc/${processId}/stat`, "utf8")) ?? "";
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1] ?? "";
}

function describe(processId: string): ListeningProcess {
  const read = (file: string): string => tryRead(() => readFileSync(`/proc/${processId}/${file}`, "utf8")) ?? "";
  const command = read("cmdline")
    .split("\0")
    .filter((word) => word !== "");
  return { processId: Number(processId), name: read("comm").trim(), command };
}

/** Returns undefined if the system does not let this process read it, or if it is gone. */
function tryRead<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** An IPv4 address as /proc/net/tcp has it: a number in the byte order of the machine. */
function hexOfIPv4(address: string): string {
  const bytes = address.split(".").map((byte) => Number(byte).toString(16).padStart(2, "0"));
  return (endianness() === "LE" ? bytes.toReversed() : bytes).join("").toUpperCase();
}
