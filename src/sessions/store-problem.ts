/** Why the store itself can't serve. All but `unreachable`, `overloaded` and `replaced` stay until an operator does something. */
export type StoreFault =
  /** It is not reached, or did not answer in time. What was asked for may have been stored all the same. */
  | "unreachable"
  /** Too much is being asked of it at once: nothing was tried. */
  | "overloaded"
  /** The store was closed, or its thread has died. */
  | "closed"
  | "disk_full"
  | "read_only"
  /** The file was removed or replaced while it was open, or the tables were dropped. It is opened anew with the next call, or they are made anew. */
  | "replaced"
  /** The file is no database, or a damaged one. It is left as it is. */
  | "corrupt"
  /** A later release has changed the tables in a way that this one can't serve on. They are left as they are. */
  | "newer_schema"
  /** The address, the folder or the rights are wrong, or the file is another program's. */
  | "misconfigured"
  /** A fault of ours. */
  | "internal";

/** What may go wrong as a matter of course. Nothing was changed, but where `unavailable` says that it is not known. */
export type StoreProblem =
  | { readonly type: "session_not_found" }
  /** There is no turn of that number; the session has `turns`. */
  | { readonly type: "turn_not_found"; readonly turns: number }
  /** The caller's revision is not the session's. */
  | { readonly type: "revision_mismatch"; readonly revision: number }
  /** A turn runs, and what was asked for has to wait for its end. */
  | { readonly type: "busy"; readonly generationId: string }
  /** The owner has as many sessions as one may have. */
  | { readonly type: "too_many_sessions"; readonly limit: number }
  | { readonly type: "too_many_turns"; readonly limit: number }
  /** With this the session would hold so many bytes. */
  | { readonly type: "too_many_bytes"; readonly bytes: number; readonly limit: number }
  /** There is no partial answer that a turn could go on with. */
  | { readonly type: "nothing_to_continue" }
  /** The lease ran out and the turn was given up, or the session is gone: what this holder has to say about the turn counts no more. */
  | { readonly type: "fenced_out" }
  /** `message` is for the log: it may name files and hosts. */
  | { readonly type: "unavailable"; readonly fault: StoreFault; readonly message: string };

export type StoreResult<Value> =
  { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly problem: StoreProblem };
