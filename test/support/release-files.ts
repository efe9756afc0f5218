import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { findPeerLayout } from "../bench/peer/peer-layout.js";

const run = promisify(execFile);
const TEMPLATES = "models/templates";
const LARGEST_FILE_BYTES = 64 * 1024 * 1024;

/**
 * Files of the llama.cpp release behind the binding, out of the git bundle that ships with it: published chat templates, and vocabularies without weights. Needs
 * git. Disposing removes what was unpacked.
 */
export class ReleaseFiles implements AsyncDisposable {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async open(): Promise<ReleaseFiles> {
    const { bundlePath } = await findPeerLayout();
    const folder = await mkdtemp(join(tmpdir(), "rill-release-"));
    await run("git", ["clone", "--quiet", "--bare", bundlePath, folder]);
    // A process for each of the templates would take longer than all the renderings of some tests.
    const archive = join(folder, "templates.tar");
    await run("git", ["-C", folder, "archive", "--output", archive, "HEAD", TEMPLATES]);
    await run("tar", ["-xf", archive, "-C", folder]);
    return new ReleaseFiles(folder);
  }

  async read(path: string): Promise<Buffer> {
    const { stdout } = await run("git", ["-C", this.#folder, "show", `HEAD:${path}`], {
      encoding: "buffer",
      maxBuffer: LARGEST_FILE_BYTES,
    });
    return stdout;
  }

  /** The source of `models/templates/NAME.jinja`. */
  async template(name: string): Promise<string> {
    return await readFile(join(this.#folder, TEMPLATES, `${name}.jinja`), "utf8");
  }

  /** The names of all published templates. */
  async templateNames(): Promise<readonly string[]> {
    const names = await readdir(join(this.#folder, TEMPLATES));
    return names.toSorted().flatMap((name) => /^(.+)\.jinja$/.exec(name)?.[1] ?? []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}
