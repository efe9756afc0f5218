export type Role = "system" | "user" | "assistant";

/** One message of a request. An assistant message that comes last is partial: the model goes on inside it. */
export interface Message {
  readonly role: Role;
  readonly content: string;
}
