import * as grpc from "@grpc/grpc-js";

/** A client of one connection that it shares with nobody. @param address host:port, or unix:path */
export function ownConnection(
  address: string,
  options: grpc.ClientOptions = {},
  credentials = grpc.credentials.createInsecure(),
): grpc.Client {
  return new grpc.Client(address, credentials, {
    "grpc.use_local_subchannel_pool": 1,
    ...options,
  });
}
