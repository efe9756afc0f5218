import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { ServerProcess } from "../support/server-process.js";
import { expectsAnything, matchesExpected } from "./expected-output.js";
import { PageShell } from "./page-shell.js";
import type { PageStep } from "./page-steps.js";

/** The ports that the pages name, which are those of a server without settings. */
const PORT = "50051";
const ADMIN_PORT = "50052";
const COMMAND_LIMIT_MS = 180_000;
/** The names at the top of a working tree that a fresh clone lacks. */
const NOT_CLONED = new Set([".git", "bench-report", "coverage"]);

/** How one step of a page ended. */
export type StepEnd =
  | { readonly type: "held" }
  | { readonly type: "unrun"; readonly needs: string }
  | { readonly type: "failed"; readonly why: string };

/**
 * Follows a page as its reader would: in a folder that looks like a clone, with a server on ports of its own that stand in the place of those that the page
 * names. Disposing ends the server and removes the folder.
 */
export class PageRun implements AsyncDisposable {
  readonly #folder = clonedFolder();
  #flags = "";
  #server: ServerProcess | undefined;
  /** Where the first server listens, and every later one, so that the files of the page go on reaching it. */
  #addresses: readonly string[] = [];
  #shell: PageShell | undefined;

  async follow(step: PageStep): Promise<StepEnd> {
    switch (step.type) {
      case "unrun":
        return { type: "unrun", needs: step.needs };
      case "file": {
        const server = await this.#serve();
        mkdirSync(dirname(join(this.#folder, step.name)), { recursive: true });
        writeFileSync(join(this.#folder, step.name), withOwnPorts(step.text, server));
        return { type: "held" };
      }
      case "server":
        await this.#stopServer();
        this.#flags = step.flags;
        return { type: "held" };
      case "command":
        return await this.#runCommand(step.command, step.expected);
    }
  }

  async #runCommand(command: string, expected: string): Promise<StepEnd> {
    const server = await this.#serve();
    this.#shell ??= new PageShell(this.#folder, server.address);
    const written = command.replaceAll(/npm run (-s )?rill --( |$)/g, "rill ");
    const { printed, status } = await this.#shell.run(withOwnPorts(written, server), COMMAND_LIMIT_MS);
    const shown = withPagePorts(printed, server);
    if (expectsAnything(expected) && status !== 0)
      return { type: "failed", why: `status ${status} of\n${command}\nprinted:\n${shown}` };
    if (matchesExpected(shown, expected)) return { type: "held" };
    return {
      type: "failed",
      why: `expected of\n${command}\n---\n${expected}\n--- printed (status ${status}):\n${shown}\n---`,
    };
  }

  async #serve(): Promise<ServerProcess> {
    if (this.#server !== undefined) return this.#server;
    const flags = [...this.#addresses, ...wordsOf(this.#flags)];
    const server = await ServerProcess.start({ flags, folder: this.#folder });
    this.#addresses = ["--listen", server.address, "--admin-listen", server.adminAddress];
    this.#server = server;
    return server;
  }

  async #stopServer(): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
    this.#server = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#shell?.[Symbol.asyncDispose]();
    await this.#stopServer();
    rmSync(this.#folder, { recursive: true });
  }
}

/** A folder with links to all that a clone holds, so that what a page writes stays out of the repository. */
function clonedFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "rill-page-"));
  for (const name of readdirSync(".")) if (!NOT_CLONED.has(name)) symlinkSync(resolve(name), join(folder, name));
  return folder;
}

function wordsOf(flags: string): readonly string[] {
  return flags.split(" ").filter((word) => word !== "");
}

function withOwnPorts(text: string, { address, adminAddress }: ServerProcess): string {
  return text
    .replaceAll(new RegExp(`(localhost|127\\.0\\.0\\.1):${PORT}`, "g"), address)
    .replaceAll(new RegExp(`(localhost|127\\.0\\.0\\.1):${ADMIN_PORT}`, "g"), adminAddress);
}

function withPagePorts(text: string, { address, adminAddress }: ServerProcess): string {
  return text.replaceAll(address, `127.0.0.1:${PORT}`).replaceAll(adminAddress, `127.0.0.1:${ADMIN_PORT}`);
}
