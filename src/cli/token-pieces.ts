import type { ClientSession } from "./command/client-command.js";

/** Calls that are open at once. */
const CALLS_AT_ONCE = 16;

/**
 * The text of each token by itself, asked for once per id. A token that is only a part of a character has U+FFFD.
 *
 * @throws CallFailure; the signal's reason
 */
export async function readPieces(
  { client, call }: Pick<ClientSession, "client" | "call">,
  tokenIds: readonly number[],
): Promise<ReadonlyMap<number, string>> {
  const pieces = new Map<number, string>();
  const ids = new Set(tokenIds).values();
  const askInTurn = async (): Promise<void> => {
    for (const id of ids) {
      const { text = "" }: { readonly text?: string } = await client.unary(
        "rill.v1.TokenService/Detokenize",
        { token_ids: [id] },
        call,
      );
      pieces.set(id, text);
    }
  };
  // All take from the same iterator, so each id is asked for once.
  await Promise.all(Array.from({ length: CALLS_AT_ONCE }, askInTurn));
  return pieces;
}
