import { type ChannelCredentials, type ChannelOptions, credentials } from "@grpc/grpc-js";
import { readPair } from "../tls/certificate-pair.js";
import { readPemFile } from "../tls/pem-file.js";

/** How a client encrypts its connections, and whom it trusts. */
export interface ClientSecurity {
  /** The authorities that the client trusts, in PEM, or undefined for those that Node knows. */
  readonly authorities: Buffer | undefined;
  /** The client's own certificate with its key, in PEM, for servers that ask for one. */
  readonly identity: { readonly chain: Buffer; readonly key: Buffer } | undefined;
  /** The name that the server's certificate must have, or undefined for the name in the address. */
  readonly serverName: string | undefined;
}

/** The files of a client's security. */
export interface SecurityFiles {
  readonly authorities: string | undefined;
  readonly identity: { readonly certificate: string; readonly key: string } | undefined;
  readonly serverName: string | undefined;
}

/** @throws Error with the file and the fault */
export function readClientSecurity({ authorities, identity, serverName }: SecurityFiles): ClientSecurity {
  return {
    authorities: authorities === undefined ? undefined : readPemFile(authorities),
    identity: identity === undefined ? undefined : readPair(identity),
    serverName,
  };
}

/** The credentials of a channel, without encryption if `security` is undefined. */
export function channelCredentials(security: ClientSecurity | undefined): ChannelCredentials {
  if (security === undefined) return credentials.createInsecure();
  const { authorities = null, identity } = security;
  return credentials.createSsl(authorities, identity?.key ?? null, identity?.chain ?? null);
}

/** The options of a channel that its credentials do not hold. */
export function channelSecurityOptions(security: ClientSecurity | undefined): ChannelOptions {
  const { serverName } = security ?? {};
  return serverName === undefined ? {} : { "grpc.ssl_target_name_override": serverName };
}
