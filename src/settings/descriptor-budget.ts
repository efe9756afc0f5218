/**
 * Descriptors that connections must leave. Most of them are needed only while a worker starts: Node opens the modules of a package side by side, and 165
 * beyond the start were seen. Later they are for the workers' event loops, the database, a model that is fetched and state files: some 20.
 */
const RESERVED = 176;
/** Where a system tells nothing: what a process has open at its start. */
const USUAL_AT_START = 24;
/** Most connections by default, whatever the limit: an idle one costs about 24 KiB of memory. */
const MOST_CONNECTIONS = 4_096;
/** Most connections of the admin port: more than the operating system lets wait to be accepted at once. */
const MOST_ADMIN_CONNECTIONS = 512;
/** With fewer, a server is of no use. */
const LEAST_CONNECTIONS = 16;

/** How a process shares out its descriptors among those who connect to it. */
export interface DescriptorBudget {
  /** Most gRPC connections that leave enough descriptors for all else; Infinity where the operating system sets no bound. */
  readonly connections: number;
  /** Most connections of the admin port. */
  readonly adminConnections: number;
}

export interface DescriptorCount {
  /** undefined: the operating system sets no bound. */
  readonly limit: number | undefined;
  /** undefined: it does not say. */
  readonly open: number | undefined;
}

/** Shares out what the process may have open beyond what it has open at its start and what it keeps for itself. */
export function shareDescriptors({ limit, open = USUAL_AT_START }: DescriptorCount): DescriptorBudget {
  if (limit === undefined) return { connections: Infinity, adminConnections: MOST_ADMIN_CONNECTIONS };
  const free = Math.max(0, limit - open - RESERVED);
  const adminConnections = Math.min(MOST_ADMIN_CONNECTIONS, Math.floor(free / 4));
  return { connections: free - adminConnections, adminConnections };
}

/** The value of `--max-connections auto`. */
export function defaultConnections({ connections }: DescriptorBudget): number {
  return Math.min(MOST_CONNECTIONS, connections);
}

const REMEDY = "raise the hard limit (`ulimit -Hn`, LimitNOFILE= of systemd, --ulimit nofile= of Docker)";

/** Says why a bound of connections cannot be kept, in a sentence for each reason; empty where it can. */
export function findDescriptorProblems(wanted: number | "auto", count: DescriptorCount): readonly string[] {
  const { connections } = shareDescriptors(count);
  const room = `this process may have ${String(count.limit)} files and sockets open at once, which leaves room for ${connections} connections`;
  if (connections < LEAST_CONNECTIONS) return [`${room}; ${LEAST_CONNECTIONS} is the least: ${REMEDY}`];
  if (wanted === "auto" || wanted <= connections) return [];
  return [`--max-connections ${wanted} is too many: ${room}; ask for fewer, or ${REMEDY}`];
}
