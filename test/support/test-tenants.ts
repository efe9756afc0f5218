import * as grpc from "@grpc/grpc-js";
import { type CallCredentials, type Caller, type Permission, PERMISSIONS } from "../../src/core/calls.js";

const USUAL: readonly Permission[] = ["generate", "sessions", "tokens"];

/** Believes the words of the call itself: its tenant, and its permissions after that. */
export function identifyByWords({ authorization = "" }: CallCredentials): Caller {
  const [tenant = "", ...words] = authorization.split(" ");
  return { tenant, subject: "test", permissions: new Set(PERMISSIONS.filter((known) => words.includes(known))) };
}

/** The metadata of a tenant's calls, as `identifyByWords` reads it. */
export function tenantMetadata(tenant: string, permissions: readonly Permission[] = USUAL): grpc.Metadata {
  const metadata = new grpc.Metadata();
  metadata.set("authorization", [tenant, ...permissions].join(" "));
  return metadata;
}

/** The options of a client all of whose calls are the tenant's. */
export function callsOf(tenant: string, permissions: readonly Permission[] = USUAL): grpc.ClientOptions {
  return callsWith(tenantMetadata(tenant, permissions));
}

/** The options of a client all of whose calls have this metadata. */
export function callsWith(added: grpc.Metadata): grpc.ClientOptions {
  const intercept: grpc.Interceptor = (options, next) =>
    new grpc.InterceptingCall(next(options), {
      start: (metadata, listener, proceed) => {
        metadata.merge(added);
        proceed(metadata, listener);
      },
    });
  return { interceptors: [intercept] };
}
