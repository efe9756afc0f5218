import type { MethodAccess } from "../core/calls.js";

/** The access to the methods of one service, by their names in the generated definition. */
type ServiceAccess = Readonly<Record<string, MethodAccess>>;

/**
 * The permissions of rill.v1, which the comments of the methods in proto/ repeat. A method takes a caller with at least one of its permissions. Handlers
 * check what depends on the request: a turn of a session also takes `sessions`, and another tenant's generation takes `observe` or `cancel`.
 */
export const METHOD_ACCESS = {
  generation: {
    generate: ["generate"],
    generateStream: ["generate"],
    getGeneration: ["generate", "observe"],
    cancelGeneration: ["generate", "cancel"],
  },
  model: { getModel: "identified" },
  session: {
    createSession: ["sessions"],
    getSession: ["sessions"],
    updateSession: ["sessions"],
    listSessions: ["sessions"],
    listTurns: ["sessions"],
    deleteSession: ["sessions"],
    forkSession: ["sessions"],
    appendMessages: ["sessions"],
  },
  token: { tokenize: ["tokens"], detokenize: ["tokens"], countTokens: ["tokens", "generate"] },
  server: { getServerInfo: "identified", getLoad: ["generate", "observe"], watchLoad: ["generate", "observe"] },
} as const satisfies Readonly<Record<string, ServiceAccess>>;
