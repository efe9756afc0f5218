/** One thing wrong with one field. `description` gives the value met and the bound. */
export interface FieldViolation {
  /** Path as in the proto, such as `sampling.temperature` or `chat.messages[2].role`. */
  readonly field: string;
  readonly description: string;
}
