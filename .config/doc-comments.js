/** Words that no doc comment begins with: a sentence that names its subject first needs none of them. */
const firstWords = /^(?:Of|Those|The same|What|Whose|Who)\b/;

/** The text of a doc comment without its stars. */
const textOf = (comment) =>
  comment.value
    .replace(/^\*/, "")
    .replaceAll(/^\s*\* ?/gm, "")
    .trim();

/** The rule `doc-comments/first-words`: a doc comment begins with its subject. */
export const docComments = {
  rules: {
    "first-words": {
      meta: {
        type: "suggestion",
        docs: { description: "Requires that a doc comment begins with its subject." },
        messages: { subject: 'A doc comment begins with its subject, not with "{{words}}".' },
        schema: [],
      },
      create(context) {
        return {
          Program() {
            for (const comment of context.sourceCode.getAllComments()) {
              if (comment.type !== "Block" || !comment.value.startsWith("*")) continue;
              const [words] = firstWords.exec(textOf(comment)) ?? [];
              if (words !== undefined) context.report({ loc: comment.loc, messageId: "subject", data: { words } });
            }
          },
        };
      },
    },
  },
};
