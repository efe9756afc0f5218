/** The share of one connection in the process's bounded resources. The gate creates one per HTTP/2 session. */
export class ConnectionAccount {
  /** The open calls. */
  calls = 0;
  /** The bytes of incomplete request bodies. */
  pendingBytes = 0;
  /** The level of the connection's bucket of resets at `resetsAtMs`. */
  resets = 0;
  resetsAtMs = 0;
}
