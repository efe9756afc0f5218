/** Who calls, as far as the server tells callers apart. */
export interface Caller {
  /** Whose sessions and idempotency keys the call may use; "" where the server knows no tenants. */
  readonly tenant: string;
}
