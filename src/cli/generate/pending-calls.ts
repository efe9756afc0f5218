/** How a conversation whose model waits for results goes on. */
export interface PendingCalls {
  readonly ids: readonly string[];
  /** undefined: it is no turn of a session. */
  readonly sessionId: string | undefined;
  /** Where the conversation was saved. undefined: nowhere. */
  readonly savedPath: string | undefined;
}

/** What to type for it. Ids are a model's or the server's: what a shell would not take as it is stands in quotes. */
export function pendingCallsText({ ids, sessionId, savedPath }: PendingCalls): string {
  const what = ids.length === 1 ? "the result of its call" : `the results of its ${ids.length} calls`;
  const results = ids.map((id) => `--tool-result ${shellWord(id)}=FILE`).join(" ");
  const begin = `the model waits for ${what}`;
  if (sessionId !== undefined) return `${begin}; go on with --session ${shellWord(sessionId)} --tools … ${results}`;
  if (savedPath !== undefined) return `${begin}; go on with --messages ${shellWord(savedPath)} --tools … ${results}`;
  return `${begin}; to be able to go on with ${results}, have the conversation kept: --save-messages FILE, or --session`;
}

function shellWord(text: string): string {
  return /^[\w.,:/+@-]+$/.test(text)
    ? text
    : `'${text.replaceAll("'", "'\\''").replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, "?")}'`;
}
