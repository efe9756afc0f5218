import type { JsonObject } from "../../client/contract-json.js";
import type { ClientSession } from "../command/client-command.js";

/** A list of SessionService. */
export interface SessionList {
  readonly method: "ListSessions" | "ListTurns";
  /** The answer's field that holds the entries. */
  readonly field: "sessions" | "turns";
  /** All but the page. */
  readonly request: JsonObject;
}

interface PageJson {
  readonly sessions?: readonly JsonObject[];
  readonly turns?: readonly JsonObject[];
  readonly nextPageToken?: string;
}

/**
 * The pages of a list, in its order; the next one is asked for only when the caller asks for it. How many entries a page has is the server's to say:
 * what it allows is a setting of its own.
 *
 * @throws CallFailure; the signal's reason
 */
export async function* pagesOf(
  { client, call }: Pick<ClientSession, "client" | "call">,
  { method, field, request }: SessionList,
): AsyncGenerator<readonly JsonObject[]> {
  let token: string | undefined = "";
  while (token !== undefined) {
    const page: JsonObject = token === "" ? {} : { page_token: token };
    const answer: PageJson = await client.unary(`rill.v1.SessionService/${method}`, { ...request, ...page }, call);
    yield answer[field] ?? [];
    token = answer.nextPageToken;
  }
}
