import type { JsonObject } from "../../client/contract-json.js";
import type { ClientSession } from "../command/client-command.js";

/** A list of SessionService. */
export interface SessionList {
  readonly method: "ListSessions" | "ListTurns";
  /** The field of the response that contains the entries. */
  readonly field: "sessions" | "turns";
  /** The request without the page. */
  readonly request: JsonObject;
}

interface PageJson {
  readonly sessions?: readonly JsonObject[];
  readonly turns?: readonly JsonObject[];
  readonly nextPageToken?: string;
}

/**
 * Yields the pages of a list in order, and requests the next one only when the caller asks for it. The server determines the size of a page, because
 * its limit is a setting.
 *
 * @throws CallFailure, or the signal's reason
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
