/** The caller of one call, as far as the server tells callers apart. */
export interface Caller {
  /** The tenant whose sessions and idempotency keys the call may use; "" where the server knows no tenants. */
  readonly tenant: string;
}
