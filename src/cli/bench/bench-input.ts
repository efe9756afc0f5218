import { randomInt } from "node:crypto";
import type { JsonObject } from "../../client/contract-json.js";
import type { BenchInput } from "./bench-plan.js";
import type { ClientSession } from "../command/client-command.js";

const STORY = "The river ran past the old mill, where nobody had ground any corn for years, and on to the sea. ";
const MAX_NUMBER = 2 ** 47;
const STORY_WORDS = STORY.trimEnd().split(" ").length;

interface TokenizeJson {
  readonly tokenIds?: readonly number[];
}

/**
 * The input of one call. Where only its length is given, the server's own tokens of a text that begins with a random number: no call shares so much of a
 * beginning with another, of this load or an earlier one, that it need not be read in.
 *
 * @throws CallFailure; the signal's reason
 */
export async function makeInput(
  { client, call }: Pick<ClientSession, "client" | "call">,
  input: BenchInput,
): Promise<JsonObject> {
  if (input.type === "prompt") return { prompt: input.text };
  // A word is a token at least.
  const text = `${randomInt(MAX_NUMBER)}. ${STORY.repeat(Math.ceil(input.count / STORY_WORDS))}`;
  const answer = await client.unary("rill.v1.TokenService/Tokenize", { text }, call);
  const { tokenIds = [] }: TokenizeJson = answer;
  return { token_ids: { ids: tokenIds.slice(0, input.count) } };
}
