/** Writes the digests of what jinja2 renders of all published templates. Usage: npm run jinja2 (python3 with jinja2 on the PATH). */
import { writeFile } from "node:fs/promises";
import { format, resolveConfig } from "prettier";
import { JinjaProgram } from "../../../src/prepare/jinja/jinja-program.js";
import { ReleaseFiles } from "../../support/release-files.js";
import { CONVERSATIONS } from "./conversations.js";
import { DIGESTS_PATH, expectedDigest } from "./expected-digests.js";
import { Jinja2 } from "./jinja2-peer.js";
import { rawVariables } from "./raw-variables.js";
import { renderOurs } from "./recorded-renderings.js";

await using jinja2 = new Jinja2();
await using files = await ReleaseFiles.open();
const digests: Record<string, readonly string[]> = {};
for (const name of await files.templateNames()) {
  digests[name] = await digestsOf(name, await files.template(name));
}
const options = await resolveConfig(DIGESTS_PATH);
await writeFile(DIGESTS_PATH, await format(JSON.stringify(digests), { ...options, filepath: DIGESTS_PATH }));

async function digestsOf(name: string, source: string): Promise<readonly string[]> {
  const inputs = CONVERSATIONS.map(([, chat]) => rawVariables(chat));
  const program = new JinjaProgram(source);
  const all = await jinja2.render(source, inputs);
  return inputs.flatMap((input, index) => {
    const theirs = all[index];
    return theirs === undefined ? [] : [expectedDigest(name, { ours: renderOurs(program, input), theirs })];
  });
}
