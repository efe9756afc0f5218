import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { AuditTrail } from "../core/audit.js";
import type { CallCredentials, Caller } from "../core/calls.js";
import { GenerationError } from "../core/generation-error.js";
import type { FailedChecks } from "../grpc/connection/failed-checks.js";
import { Deferred } from "../sync/deferred.js";

/** The rules of the admin port for its callers. */
export interface AdminAccess {
  /** Decides who calls. Throws a GenerationError for credentials that do not hold. */
  readonly identify: (credentials: CallCredentials) => Caller;
  /** The record of requests with credentials, and of those that are refused. */
  readonly audit: AuditTrail;
  /** The delay of callers whose credentials are refused again and again, on this port and on that of gRPC together. */
  readonly failedChecks: Pick<FailedChecks, "note">;
}

/** A refusal of a request, as an HTTP status and a sentence. */
export interface AdminRefusal {
  readonly status: 401 | 403 | 503;
  readonly body: string;
}

/**
 * Checks that a request has the bearer of a caller with the permission `observe` or `admin`. Resolves with the refusal, later if there were many from its
 * address, or with undefined if it has.
 */
export async function checkAdminCaller(
  { headers, socket }: IncomingMessage,
  { access, path }: { readonly access: AdminAccess; readonly path: string },
): Promise<AdminRefusal | undefined> {
  const { remoteAddress: peer } = socket;
  const request = { peer, target: path };
  try {
    const { authorization } = headers;
    const caller = access.identify({
      authorization,
      certificate: undefined,
      forwardedCertificate: undefined,
      isLocal: false,
      peer,
    });
    const isAllowed = caller.permissions.has("observe") || caller.permissions.has("admin");
    const outcome = isAllowed ? "done" : "refused";
    access.audit.record({ action: isAllowed ? "admin_request" : "permission_denied", outcome, caller, ...request });
    return isAllowed ? undefined : { status: 403, body: "the caller needs the permission observe or admin\n" };
  } catch (thrown) {
    const { code: reason, message } = GenerationError.from(thrown);
    if (reason === "INTERNAL") throw thrown;
    access.audit.record({ action: "authentication_failed", outcome: "refused", reason, ...request });
    if (reason === "UNAUTHENTICATED") await waitToRefuse(socket, access);
    const status = reason === "IDENTITY_UNAVAILABLE" ? 503 : reason === "UNAUTHENTICATED" ? 401 : 403;
    return { status, body: `${message}\n` };
  }
}

/** Counts a failed check, and waits until it may be refused or its connection closes. The connection ends at once if too many wait already. */
async function waitToRefuse(socket: Socket, { failedChecks }: AdminAccess): Promise<void> {
  const refused = new Deferred<void>();
  const check = failedChecks.note(socket.remoteAddress, () => refused.resolve());
  if (check.type === "dropped") socket.destroy();
  else {
    const onClose = (): void => {
      if (check.type === "later" && check.drop()) refused.resolve();
    };
    socket.once("close", onClose);
    await refused.promise;
    socket.removeListener("close", onClose);
  }
}
