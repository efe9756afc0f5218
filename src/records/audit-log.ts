import type { AuditAction, AuditEntry, AuditTrail } from "../core/audit.js";
import { networkOfPeer } from "../machine/network.js";
import type { Clock } from "../sync/clock.js";
import { printableText } from "../telemetry/log-text.js";

/** The actions that a caller can repeat at will, of which only a sample is written. */
const SAMPLED: ReadonlySet<AuditAction> = new Set(["admin_request", "authentication_failed", "permission_denied"]);
/** In each interval, one entry is written for each group of like actions, and then one with the number of those left out. */
const INTERVAL_MS = 60_000;
/**
 * The most groups of one interval: of authentications that failed, which strangers can spread over many addresses, and of all else together. The actions
 * of all further groups are counted together.
 */
const MAX_GROUPS = 200;
/** Longer names are cut. */
const MAX_TEXT_CHARS = 256;

export interface AuditLogOptions {
  /** Writes one entry. The writer adds the time. */
  readonly write: (entry: object) => void;
  readonly clock: Clock;
}

interface Group {
  /** The first action of the interval, which was written. */
  readonly first: AuditEntry;
  omitted: number;
}

/**
 * Writes who did what, one entry for each action. Of actions that anybody can repeat, such as failed authentications, the first of each kind,
 * caller and host is written in each minute, and at the end of the minute one entry says how many like it were left out. Main thread.
 */
export class AuditLog implements AuditTrail, Disposable {
  readonly #options: AuditLogOptions;
  readonly #groups = new Map<string, Group>();
  /** The groups of authentications that failed. */
  #failures = 0;
  #beyond = 0;
  #timer: Disposable | undefined;

  constructor(options: AuditLogOptions) {
    this.#options = options;
  }

  record(entry: AuditEntry): void {
    if (!SAMPLED.has(entry.action)) {
      this.#write(entry);
      return;
    }
    this.#timer ??= this.#options.clock.startTimer(INTERVAL_MS, () => this.#endInterval());
    const key = groupOf(entry);
    const group = this.#groups.get(key);
    if (group !== undefined) group.omitted += 1;
    else if (!this.#mayAdd(entry.action)) this.#beyond += 1;
    else {
      if (isFailure(entry.action)) this.#failures += 1;
      this.#groups.set(key, { first: entry, omitted: 0 });
      this.#write(entry);
    }
  }

  /** Writes the counts of what was left out. */
  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#endInterval();
  }

  #endInterval(): void {
    this.#timer = undefined;
    for (const { first, omitted } of this.#groups.values()) {
      if (omitted > 0) this.#write(first, omitted);
    }
    if (this.#beyond > 0) this.#options.write({ action: "other", omitted: this.#beyond });
    this.#groups.clear();
    this.#failures = 0;
    this.#beyond = 0;
  }

  #mayAdd(action: AuditAction): boolean {
    const groups = isFailure(action) ? this.#failures : this.#groups.size - this.#failures;
    return groups < MAX_GROUPS;
  }

  #write(entry: AuditEntry, omitted?: number): void {
    const { action, outcome, caller, peer, target, targetTenant, generationId, requestId, reason } = entry;
    this.#options.write({
      action,
      outcome,
      tenant: shown(caller?.tenant),
      subject: shown(caller?.subject),
      peer: shown(peer),
      target: shown(target),
      targetTenant: shown(targetTenant),
      generationId,
      requestId: shown(requestId),
      reason: shown(reason),
      omitted,
    });
  }
}

function isFailure(action: AuditAction): boolean {
  return action === "authentication_failed";
}

/** Names the group of like actions. The peer counts without its port, which differs at each connection, and by its network. */
function groupOf({ action, outcome, caller, peer, reason }: AuditEntry): string {
  const network = peer === undefined ? undefined : networkOfPeer(peer);
  return JSON.stringify([action, outcome, caller?.tenant, caller?.subject, network, reason]);
}

function shown(text: string | undefined): string | undefined {
  return text === undefined ? undefined : printableText(text.slice(0, MAX_TEXT_CHARS));
}
