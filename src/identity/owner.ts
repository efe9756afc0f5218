/** Whose all sessions are, as long as the server knows no tenants. */
export const OWNER = "";
