/** The reason for a store's failure. All but `unreachable`, `overloaded` and `replaced` last until an operator acts. */
export type StoreFault =
  /** The store cannot be reached, or has not answered in time. The request may have been stored all the same. */
  | "unreachable"
  /** Too many requests are under way. Nothing was tried. */
  | "overloaded"
  /** The store was closed, or its thread has died. */
  | "closed"
  | "disk_full"
  | "read_only"
  /** The file was removed or replaced while it was open, or the tables were dropped. The next call opens the file or makes the tables anew. */
  | "replaced"
  /** The file is not a database, or it is damaged. It is left as it is. */
  | "corrupt"
  /** A later release has changed the tables so that this release cannot serve on them. They are left as they are. */
  | "newer_schema"
  /** The address, the folder or the permissions are wrong, or the file belongs to another program. */
  | "misconfigured"
  /** The store's own code is at fault. */
  | "internal";

/** An expected failure. It changed nothing, except that an `unavailable` request may have been stored. */
export type StoreProblem =
  | { readonly type: "session_not_found" }
  /** The session has no turn of that number; it has `turns`. */
  | { readonly type: "turn_not_found"; readonly turns: number }
  /** The caller's revision is not the session's. */
  | { readonly type: "revision_mismatch"; readonly revision: number }
  /** A turn runs, and the request has to wait for its end. */
  | { readonly type: "busy"; readonly generationId: string }
  /** The owner has reached its limit of sessions. */
  | { readonly type: "too_many_sessions"; readonly limit: number }
  /** The bound of the owner's tenant. The owner holds `used` sessions or bytes, and the request would add `added` more. */
  | {
      readonly type: "quota_exceeded";
      readonly owner: string;
      readonly quota: "sessions" | "session_bytes";
      readonly limit: number;
      readonly used: number;
      readonly added: number;
    }
  | { readonly type: "too_many_turns"; readonly limit: number }
  /** The session would hold this number of bytes. */
  | { readonly type: "too_many_bytes"; readonly bytes: number; readonly limit: number }
  /** The last turn has no partial answer to continue. */
  | { readonly type: "nothing_to_continue" }
  /** The lease ran out and the turn was given up, or the session is gone. The holder of the lease can no longer change the turn. */
  | { readonly type: "fenced_out" }
  /** `message` is for the log: it may name files and hosts. */
  | { readonly type: "unavailable"; readonly fault: StoreFault; readonly message: string };

export type StoreResult<Value> =
  { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly problem: StoreProblem };
