import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { repositoryRoot } from "./repository-files.js";

const run = promisify(execFile);

/** Which of llama.cpp's binaries `npm ci` installs, by system and processor. */
const BINARIES = [
  { os: "linux", cpu: "x64", binary: "linux-x64" },
  { os: "linux", cpu: "arm64", binary: "linux-arm64" },
  { os: "linux", cpu: "arm", binary: "linux-armv7l" },
  { os: "darwin", cpu: "arm64", binary: "mac-arm64-metal" },
  { os: "win32", cpu: "x64", binary: "win-x64" },
];

describe("npm ci", function () {
  this.timeout(120_000);
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "rill-install-"));
    for (const file of ["package.json", "package-lock.json", ".npmrc"]) {
      await cp(join(repositoryRoot, file), join(folder, file));
    }
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  for (const { os, cpu, binary } of BINARIES) {
    it(`brings one binary of llama.cpp on ${os} with ${cpu}: ${binary}`, async () => {
      const flags = [
        "--dry-run",
        "--offline",
        "--ignore-scripts",
        "--loglevel=notice",
        `--os=${os}`,
        `--cpu=${cpu}`,
        "--libc=glibc",
      ];
      const { stdout } = await run("npm", ["ci", ...flags], { cwd: folder });
      const added = [...stdout.matchAll(/^add @node-llama-cpp\/(\S+) /gm)].map(([, name]) => name);
      assert.deepEqual(added, [binary]);
    });
  }
});
