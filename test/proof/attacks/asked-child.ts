import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";

/** What a program answers: a value, or why there is none. */
export type Reply = { readonly value: unknown } | { readonly failure: string };

/** A program of the proof in a process of its own, which answers one question at a time (answer-parent.ts). Disposing kills it. */
export class AskedChild implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#exited = once(child, "exit");
  }

  /** @param program its compiled module */
  static start(program: URL): AskedChild {
    return new AskedChild(fork(program, { serialization: "advanced" }));
  }

  /** @throws Error with what the program says where it fails, or when it ends without an answer */
  async ask(question: object): Promise<unknown> {
    const ended = this.#exited.then(() => {
      throw new Error(`the program ended before it answered ${JSON.stringify(question).slice(0, 200)}`);
    });
    const answered = once(this.#child, "message") as Promise<[Reply]>;
    this.#child.send(question);
    const [reply] = await Promise.race([answered, ended]);
    if ("failure" in reply) throw new Error(reply.failure);
    return reply.value;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exited;
  }
}
