import type { ContextTrimmedJson } from "../command/generation-json.js";

/** A conversation whose model waits for results of tool calls. */
export interface WaitingConversation {
  readonly ids: readonly string[];
  /** The session, or undefined if the conversation is in none. */
  readonly sessionId: string | undefined;
  /** The file with the conversation, or undefined if it was not saved. */
  readonly savedPath: string | undefined;
}

/** Tells the user how to continue. Ids come from a model or a server, so they are quoted if a shell would interpret them. */
export function pendingCallsText({ ids, sessionId, savedPath }: WaitingConversation): string {
  const what = ids.length === 1 ? "the result of its call" : `the results of its ${ids.length} calls`;
  const results = ids.map((id) => `--tool-result ${shellWord(id)}=FILE`).join(" ");
  const begin = `the model waits for ${what}`;
  if (sessionId !== undefined) return `${begin}; continue with --session ${shellWord(sessionId)} --tools … ${results}`;
  if (savedPath !== undefined) return `${begin}; continue with --messages ${shellWord(savedPath)} --tools … ${results}`;
  return `${begin}; to continue with ${results}, keep the conversation: --save-messages FILE or --session`;
}

function shellWord(text: string): string {
  return /^[\w.,:/+@-]+$/.test(text)
    ? text
    : `'${text.replaceAll("'", "'\\''").replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, "?")}'`;
}

/** Tells the user how much of the session the model did not see. */
export function trimmedText({ droppedTurns = 0, keptTurns = 0 }: ContextTrimmedJson): string {
  const dropped = droppedTurns === 1 ? "the oldest turn" : `the oldest ${droppedTurns} turns`;
  return `the session is longer than the context: the model does not see ${dropped} of it (it sees ${keptTurns})`;
}
