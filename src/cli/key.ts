import { createHash, randomBytes } from "node:crypto";
import { Command } from "commander";
import { ExitCode } from "../server/exit-code.js";

/** Enough random bytes that nobody can guess a key, so a plain hash of it needs no salt and no slow function. */
const KEY_BYTES = 32;
/** The beginning of every key, by which scanners of repositories find one that was published by mistake. */
const KEY_PREFIX = "rill_";

const NOTES = `
Give the key to the client, which sends it as "authorization: Bearer KEY", and put the hash into
the tenants file of the server as sha256. The server never needs the key itself.

Exit codes: 0 done, 2 wrong usage.`;

/** Creates `rill key`, which makes a random key and prints it with its hash. It calls no server and stores nothing. */
export function createKeyCommand(): Command {
  return new Command("key")
    .description("make a random key, and print it with the hash for the tenants file")
    .addHelpText("after", NOTES)
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? ExitCode.done : ExitCode.usage))
    .action(() => {
      const key = `${KEY_PREFIX}${randomBytes(KEY_BYTES).toString("base64url")}`;
      const hash = createHash("sha256").update(key).digest("hex");
      process.stdout.write(`key:    ${key}\nsha256: ${hash}\n`);
      process.exitCode = ExitCode.done;
    });
}
