/** What one connection holds of what the process has in bounded number. The gate makes one for each HTTP/2 session. */
export class ConnectionAccount {
  /** Calls that hold a seat. */
  calls = 0;
  /** Bytes of bodies whose message is not whole. */
  pendingBytes = 0;
  /** Level of the connection's own bucket of resets, as of `resetsAtMs`. */
  resets = 0;
  resetsAtMs = 0;
}
