import type { RawConnection, RawConnectionOptions } from "./raw-connection.js";

/** What an attack is given: whom it attacks, and how long it may last. */
export interface Ground {
  /** host:port */
  readonly address: string;
  readonly adminAddress: string;
  readonly short: boolean;
  /** The major version of Node that the server runs on. */
  readonly serverMajor: number;
  /** How long an attacker holds what it has. */
  readonly holdMs: number;
  /** Opens a connection whose bytes are noted for the control. */
  open(options?: Omit<RawConnectionOptions, "address" | "trace">): Promise<RawConnection>;
}

/** Something that the attacker itself has seen, and whether it is right. */
export interface Claim {
  readonly what: string;
  readonly figure: string;
  readonly bound: string;
  readonly holds: boolean;
  /** It depends on the machine's pace: a short run shows it and does not judge it. */
  readonly timed?: boolean;
}

export interface Outcome {
  readonly claims: readonly Claim[];
  /** Messages or streams that were sent, for an attack whose cost is bounded. */
  readonly units?: number;
}

export interface Attack {
  /** Lower case, with spaces. */
  readonly name: string;
  /** What it sends. */
  readonly sends: string;
  /** Makes what the attack needs, before anything is measured. */
  readonly prepare?: (ground: Ground) => Promise<void>;
  /** Sends, holds, and lets go of all. Runs in a process of its own. */
  readonly run: (ground: Ground) => Promise<Outcome>;
  /** The most of the server's main thread that a unit may cost. */
  readonly cost?: { readonly unit: "message" | "stream"; readonly limitMs: number };
  /** False: a client that connects during the attack may be turned away. Default true. */
  readonly newClientsServed?: boolean;
  /** At most so often in one run, as it takes long. */
  readonly rounds?: number;
  /** The server's process is stopped for so long. */
  readonly pauseMs?: number;
  /** It is alone with a server of one slot; nobody stands by. */
  readonly oneSlot?: boolean;
}
