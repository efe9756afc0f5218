import type { Reply } from "./asked-child.js";

/** The other end of an AskedChild: answers each question of the process that started this one. */
export function answerParent(answer: (question: unknown) => Promise<unknown>): void {
  process.on("message", (question) => {
    answer(question).then(
      (value) => reply({ value }),
      (error: unknown) => reply({ failure: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
  });
}

function reply(reply: Reply): void {
  process.send?.(reply);
}
