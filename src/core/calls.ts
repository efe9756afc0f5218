/**
 * The rights that a caller may have. `generate` opens generations, and reads and cancels those of the caller's tenant. `sessions` uses the tenant's
 * sessions. `tokens` counts and converts tokens. `observe` sees the load of the whole server with all ids, and the metrics. `cancel` ends the
 * generations of every tenant. `admin` uses the admin port.
 */
export const PERMISSIONS = ["generate", "sessions", "tokens", "observe", "cancel", "admin"] as const;

export type Permission = (typeof PERMISSIONS)[number];

/** The caller of one call, as far as the server tells callers apart. */
export interface Caller {
  /** The tenant whose sessions, generations, cached prompts and quotas the call uses; "" where the server knows no tenants. */
  readonly tenant: string;
  /** The name of the person or program within the tenant, for the log and the audit log; "" where the server knows no tenants. */
  readonly subject: string;
  /** The kind of the credentials that gave the subject. A token and a key may name the same subject and be two callers. Default: `listed`. */
  readonly credentials?: "listed" | "token";
  readonly permissions: ReadonlySet<Permission>;
  /** Tells the caller's open calls when its credentials are removed; undefined where nobody can remove them. */
  readonly revocation?: Revocation | undefined;
}

/** The possible removal of the credentials with which a caller was identified. */
export interface Revocation {
  /** Calls `listener` at most once, when the credentials are removed, unless the result is disposed before. */
  onRevoked(listener: () => void): Disposable;
}

/**
 * The callers that a method takes. `open` takes everyone and does not look at credentials. `identified` takes every identified caller, and `local` only
 * those on this machine. A list takes the callers that have at least one of its permissions.
 */
export type MethodAccess = "open" | "identified" | "local" | readonly Permission[];

/** The evidence of who calls, as the call and its connection bring it. Of it only the certificate has been checked. */
export interface CallCredentials {
  /** The metadata `authorization`, or undefined if the call has none. It is a secret, which no log shows. */
  readonly authorization: string | undefined;
  /** The certificate of the TLS connection, whose key the peer has proved to own and which an accepted authority has issued. */
  readonly certificate: ClientCertificate | undefined;
  /** Whether the connection comes from this machine: from a loopback address or over a socket file. A proxy on this machine counts too. */
  readonly isLocal: boolean;
  /** The peer's address and port, such as `10.0.0.7:51034`, or `unix`; undefined if the peer has left. The peer may be a proxy. */
  readonly peer: string | undefined;
  /** The metadata `x-forwarded-client-cert`, in which a proxy names the certificate of its own client. Any client can write it. */
  readonly forwardedCertificate: string | undefined;
}

/** The names in the certificate of a client. */
export interface ClientCertificate {
  /** The subject in the order of RFC 4514, such as `CN=worker,O=Acme`. */
  readonly subject: string;
  /** The URIs among the alternative names, such as `spiffe://example.org/worker`. */
  readonly uris: readonly string[];
  readonly dnsNames: readonly string[];
}

/** The origin of a call, for the log. An unknown field is absent. */
export interface CallOrigin {
  /** The peer's address and port, such as `10.0.0.7:51034`, or `unix` for a socket file. The peer may be a proxy. */
  readonly peer?: string;
  /** The metadata `x-request-id`, which proxies and clients use to name a call. */
  readonly xRequestId?: string;
  /** The number of the attempt, from 1. */
  readonly attempt?: number;
}

/** The resources of a server's calls, for the metrics. */
export interface CallsReport {
  /** The open calls that count toward the limit. */
  readonly calls: number;
  /** The calls whose request message has not arrived completely. */
  readonly pendingCalls: number;
  /** The bytes of request bodies that are not decoded yet. */
  readonly requestBytes: number;
  /** The bytes of unary responses that are being encoded or wait for their readers. */
  readonly responseBytes: number;
  /** The streams refused since the start because their connection had reset too many. */
  readonly refusedStreams: number;
  /** The calls of all methods that were refused since the start before anything was sent, by reason. */
  readonly refusedCalls: ReadonlyMap<string, number>;
}
