import { findOrBuildPeer } from "./find-or-build-peer.js";

/** `npm run bench:peer`: prints the path of the peer's binary, or why there is none. */
const found = await findOrBuildPeer({ onLine: (line) => console.error(line) });
if ("skipped" in found) console.error(`skipped: ${found.skipped}`);
else console.log(found.path);
