import { chmod, lstat, rm, stat } from "node:fs/promises";
import { connect } from "node:net";
import { dirname } from "node:path";
import type { Server, ServerCredentials } from "@grpc/grpc-js";
import { AddressInUse } from "../../machine/address-in-use.js";

/** The mode of a socket file. Only its owner may connect, because whoever connects can generate. */
const SOCKET_MODE = 0o600;
const PRIVATE_UMASK = 0o077;

/**
 * Binds a server and returns its address: `host:port` with the actual port, or `unix:path` as given. It replaces a socket file that a killed server
 * left behind. grpc-js removes the file when the server closes.
 *
 * @throws AddressInUse; Error with the address and the reason
 */
export async function bindAddress(server: Server, listen: string, credentials: ServerCredentials): Promise<string> {
  const path = socketPath(listen);
  if (path === undefined) return listen.replace(/:\d+$/, `:${await bind(server, listen, credentials)}`);
  await removeStaleSocket(path, listen);
  // The umask restricts the mode at creation, so nobody can connect before the mode is set.
  const umask = process.umask(PRIVATE_UMASK);
  try {
    await bind(server, listen, credentials);
  } finally {
    process.umask(umask);
  }
  await chmod(path, SOCKET_MODE);
  return listen;
}

/** @returns the port, or 1 for a socket */
function bind(server: Server, listen: string, credentials: ServerCredentials): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(listen, credentials, (error, bound) => {
      if (error === null) resolve(bound);
      else if (error.message.includes("EADDRINUSE")) reject(new AddressInUse(listen, attempt(listen), error));
      else reject(refusal(listen, reasonOf(error), error));
    });
  });
}

/** The path in `unix:path` or `unix:///path`. */
function socketPath(listen: string): string | undefined {
  return listen.startsWith("unix:") ? listen.slice("unix:".length).replace(/^\/\/(?=\/)/, "") : undefined;
}

/**
 * Removes a socket file on which nobody listens.
 * @throws Error if something else is in the way
 */
async function removeStaleSocket(path: string, listen: string): Promise<void> {
  const folder = dirname(path);
  if (!(await isFolder(folder))) throw refusal(listen, `there is no folder ${folder}`);
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  // A connection to any other file is refused too, but that file must stay.
  if (!found.isSocket()) throw refusal(listen, "a file that is not a socket has that name");
  if (await isAbandoned(path)) await rm(path, { force: true });
}

async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() === true;
}

/** Whether nobody listens on the socket. */
function isAbandoned(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(false);
    });
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code === "ECONNREFUSED"));
  });
}

function refusal(listen: string, reason: string, cause?: unknown): Error {
  return new Error(`${attempt(listen)}: ${reason}`, { cause });
}

function attempt(listen: string): string {
  return `cannot listen on ${listen}`;
}

function reasonOf({ message }: Error): string {
  if (message.includes("EACCES")) return "permission denied";
  if (message.includes("EADDRNOTAVAIL")) return "this machine does not have the address";
  return message;
}
