/**
 * The actions that the audit log tells of. `cancel_generation` and `read_generation` are of one tenant's caller on another tenant's generation. `reload`
 * is of one part of the server, such as certificates or tenants. `admin_request` is a request to the admin port by an identified caller.
 * `authentication_failed` is a call or an admin request whose caller is unknown, and `permission_denied` one whose caller lacks the permission.
 */
export const AUDIT_ACTIONS = [
  "cancel_generation",
  "read_generation",
  "reload",
  "admin_request",
  "authentication_failed",
  "permission_denied",
] as const;

export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** One action, as the audit log tells it. An entry never holds a prompt, a generated text, a label or a secret. */
export interface AuditEntry {
  readonly action: AuditAction;
  readonly outcome: "done" | "refused" | "failed";
  /** The acting caller, or undefined if it is unknown or if the action came from a signal to the process. */
  readonly caller?: { readonly tenant: string; readonly subject: string } | undefined;
  /** The address and port of the peer, or `unix`, or undefined if the action came from a signal to the process. */
  readonly peer?: string | undefined;
  /** The object of the action: a method such as `rill.v1.GenerationService/CancelGeneration`, an admin path, or the name of a reloaded part. */
  readonly target: string;
  /** The tenant whose data the action touched, if it is not the caller's own. */
  readonly targetTenant?: string | undefined;
  readonly generationId?: string | undefined;
  readonly requestId?: string | undefined;
  /** The reason of a refusal or failure: a code such as `UNAUTHENTICATED`, or a short text without anything that the caller sent. */
  readonly reason?: string | undefined;
}

/** The record of who did what. The parts of the server that know of an action call it on the main thread. */
export interface AuditTrail {
  /**
   * Records one action. It returns at once and never throws. Callers report each `admin_request`, `authentication_failed` and `permission_denied`; the
   * trail writes a sample of these and counts the rest, so that a flood of failures cannot fill a disk.
   */
  record(entry: AuditEntry): void;
}
