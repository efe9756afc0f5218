import { readdirSync, readFileSync } from "node:fs";

/**
 * Descriptors that connections must leave free. Most of them are used only while a worker starts, because Node opens the modules of a package
 * concurrently: 165 were seen. Later the workers' event loops, the database, a download and state files use about 20.
 */
const RESERVED_DESCRIPTORS = 176;
/** Descriptors that a process has open at its start, assumed on systems that do not tell. */
const DEFAULT_OPEN_DESCRIPTORS = 24;
/** The default limit on connections whatever the descriptors allow. An idle connection takes about 26 KiB of memory. */
const MAX_CONNECTIONS = 4_096;
/** The limit on connections of the admin port, which exceeds the operating system's backlog of connections to accept. */
const MAX_ADMIN_CONNECTIONS = 512;
/** The fewest connections with which a server is useful. */
const MIN_CONNECTIONS = 16;

/** The connections that the descriptors of a process allow. */
export interface DescriptorBudget {
  /** The gRPC connections that leave enough descriptors for everything else. It is Infinity if the operating system sets no limit. */
  readonly connections: number;
  /** The connections of the admin port. */
  readonly adminConnections: number;
}

/** The descriptors of a process: files, sockets and pipes. */
export interface DescriptorCount {
  /** The most that may be open, or undefined if the operating system sets no limit. */
  readonly limit: number | undefined;
  /** The descriptors that are open now, or undefined if the operating system does not tell. */
  readonly open: number | undefined;
}

/** Divides the free descriptors, less a reserve, between the gRPC port and the admin port. */
export function shareDescriptors({ limit, open = DEFAULT_OPEN_DESCRIPTORS }: DescriptorCount): DescriptorBudget {
  if (limit === undefined) return { connections: Infinity, adminConnections: MAX_ADMIN_CONNECTIONS };
  const free = Math.max(0, limit - open - RESERVED_DESCRIPTORS);
  const adminConnections = Math.min(MAX_ADMIN_CONNECTIONS, Math.floor(free / 4));
  return { connections: free - adminConnections, adminConnections };
}

/** The value of `--max-connections auto`. */
export function defaultConnections({ connections }: DescriptorBudget): number {
  return Math.min(MAX_CONNECTIONS, connections);
}

const REMEDY = "raise the hard limit (`ulimit -Hn`, LimitNOFILE= of systemd, --ulimit nofile= of Docker)";

/** Explains why the process cannot open the wanted number of connections. The result is empty if it can. */
export function findDescriptorProblems(wanted: number | "auto", count: DescriptorCount): readonly string[] {
  const { connections } = shareDescriptors(count);
  const room = `this process may have ${String(count.limit)} files and sockets open at once, which leaves room for ${connections} connections`;
  if (connections < MIN_CONNECTIONS) return [`${room}; ${MIN_CONNECTIONS} is the least: ${REMEDY}`];
  if (wanted === "auto" || wanted <= connections) return [];
  return [`--max-connections ${wanted} is too many: ${room}; ask for fewer, or ${REMEDY}`];
}

/**
 * Returns the number of descriptors (files and sockets) that this process may have open at once, or undefined if the operating system sets no bound.
 * Node raises the soft limit to the hard one at its own start, so this is the hard limit that the process was started with, which it cannot raise.
 */
export function readDescriptorLimit(): number | undefined {
  const limit = limitOfProcFile() ?? limitOfReport();
  return limit !== undefined && Number.isFinite(limit) ? limit : undefined;
}

/** Returns the number of open descriptors, inherited ones included, or undefined if the operating system does not list them. */
export function countOpenDescriptors(): number | undefined {
  try {
    return readdirSync("/dev/fd").length;
  } catch {
    return undefined;
  }
}

/** Reads the limit on Linux. */
function limitOfProcFile(): number | undefined {
  try {
    return parseDescriptorLimit(readFileSync("/proc/self/limits", "utf8"));
  } catch {
    return undefined;
  }
}

/** Returns the soft limit in the text of /proc/self/limits, Infinity for "unlimited", or undefined if the text does not name it. */
export function parseDescriptorLimit(limits: string): number | undefined {
  const [, soft] = /^Max open files +(\d+|unlimited)/m.exec(limits) ?? [];
  if (soft === undefined) return undefined;
  return soft === "unlimited" ? Infinity : Number(soft);
}

/** Reads the limit on macOS and other systems without /proc, from a report that takes some ten milliseconds. */
function limitOfReport(): number | undefined {
  const { userLimits } = process.report.getReport() as {
    readonly userLimits?: { readonly open_files?: { readonly soft?: number | string } };
  };
  const soft = userLimits?.open_files?.soft;
  return soft === undefined ? undefined : Number(soft);
}
