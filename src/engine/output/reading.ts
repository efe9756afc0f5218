/** What a part of the output is read by: it yields where the text so far does not suffice and is gone on with when more has come, or the end. */
export type Reading<T> = Generator<void, T, void>;
