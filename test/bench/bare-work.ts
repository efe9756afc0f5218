/** What a call of the bare server asks for. */
export interface BareWork {
  readonly messages: number;
  readonly messageBytes: number;
  /** Between two messages. */
  readonly intervalMs: number;
  /** The stream stays open after the last one. */
  readonly hold: boolean;
  /** End at once with a status. */
  readonly refuse: boolean;
}
