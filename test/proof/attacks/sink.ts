import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { answerParent } from "./answer-parent.js";

/** A program: takes connections, reads what comes and drops it. Answers with its address. */
const server = createServer((socket) => {
  socket.on("error", () => {});
  socket.resume();
});
server.listen({ port: 0, host: "127.0.0.1", backlog: 2_048 });
await once(server, "listening");
const { port } = server.address() as AddressInfo;
answerParent(async () => `127.0.0.1:${port}`);
