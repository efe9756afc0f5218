import type { IncomingHttpHeaders } from "node:http2";
import type { Caller, MethodAccess } from "../../core/calls.js";
import { GenerationError } from "../../core/generation-error.js";
import type { CallHost } from "../call/call-context.js";
import type { Peer } from "../connection/peers.js";

/** The caller of a method that is open to everyone. It may do nothing else. */
const ANYONE: Caller = Object.freeze({ tenant: "", subject: "", permissions: new Set<never>() });

/** A method as the check sees it. */
interface CheckedMethod {
  /** The path, such as /rill.v1.TokenService/Tokenize. */
  readonly path: string;
  readonly access: MethodAccess;
}

/**
 * Decides from the headers of a call alone who calls and whether the caller may call the method. It takes the credentials out of the headers, so that
 * nothing behind the gate keeps a secret as long as the call.
 *
 * @throws GenerationError UNAUTHENTICATED, IDENTITY_UNAVAILABLE, CREDENTIALS_REVOKED, PERMISSION_DENIED
 */
export function checkCaller(
  { identify }: Pick<CallHost, "identify">,
  { peer, headers }: { readonly peer: Peer; readonly headers: IncomingHttpHeaders },
  { path, access }: CheckedMethod,
): Caller {
  const { authorization, "x-forwarded-client-cert": forwarded } = headers;
  delete headers.authorization;
  if (access === "open") return ANYONE;
  const { certificate, isLocal, name } = peer;
  const forwardedCertificate = Array.isArray(forwarded) ? forwarded.join(",") : forwarded;
  const caller = identify({ authorization, certificate, isLocal, peer: name, forwardedCertificate });
  switch (access) {
    case "identified":
      return caller;
    case "local":
      if (isLocal) return caller;
      throw permissionMissing(path, "is for callers on the server's own machine");
    default:
      if (access.some((permission) => caller.permissions.has(permission))) return caller;
      throw permissionMissing(path, `takes a caller with the permission ${access.join(" or ")}`, access.join(","));
  }
}

function permissionMissing(path: string, rule: string, permission?: string): GenerationError {
  const method = path.slice(path.lastIndexOf("/") + 1);
  return new GenerationError("PERMISSION_DENIED", `${method} ${rule}`, {
    facts: permission === undefined ? {} : { permission },
  });
}
