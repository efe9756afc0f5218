/** The two classes of callers between which slots are shared by weight. Streams default to interactive, unary calls to batch. */
export const LANES = ["interactive", "batch"] as const;

export type Lane = (typeof LANES)[number];
