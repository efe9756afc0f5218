import { rm } from "node:fs/promises";
import { connect } from "node:net";
import { type Server, ServerCredentials } from "@grpc/grpc-js";

/**
 * Binds a server and returns the address that it got: `host:port` with the real port for port 0, or `unix:path` as it was given. A socket
 * file that a killed server left behind is taken over.
 * @throws Error that names the address and says what is wrong with it
 */
export async function bindAddress(server: Server, listen: string): Promise<string> {
  const path = socketPath(listen);
  if (path !== undefined && (await isAbandoned(path))) await rm(path, { force: true });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(listen, ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(new Error(`cannot listen on ${listen}: ${reasonOf(error)}`, { cause: error }));
    });
  });
  return path === undefined ? listen.replace(/:\d+$/, `:${port}`) : listen;
}

/** The file of `unix:path` or `unix:///path`. */
function socketPath(listen: string): string | undefined {
  return listen.startsWith("unix:") ? listen.slice("unix:".length).replace(/^\/\/(?=\/)/, "") : undefined;
}

/** Whether the socket file is there and nobody listens. */
function isAbandoned(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(false);
    });
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code === "ECONNREFUSED"));
  });
}

function reasonOf({ message }: Error): string {
  if (message.includes("EADDRINUSE")) return "the address is in use";
  if (message.includes("EACCES")) return "permission denied";
  if (message.includes("EADDRNOTAVAIL")) return "this machine does not have the address";
  return message;
}
