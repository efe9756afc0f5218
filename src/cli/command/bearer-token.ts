import { readFileSync } from "node:fs";

/** The longest file that can be a token file. */
const MAX_TOKEN_BYTES = 16 * 1024;
/** The characters of a bearer: visible ASCII without spaces. */
const TOKEN_PATTERN = /^[\x21-\x7e]+$/;

export interface TokenSource {
  /** The path of the file with the token, or undefined if none is given. */
  readonly tokenFile: string | undefined;
  /** The value of RILL_TOKEN. A file comes before it. */
  readonly variable: string | undefined;
  /** Whether nobody can read along: the connection is encrypted, or does not leave this machine. */
  readonly isPrivate: boolean;
  /** Whether the user allows the token on a connection that others can read. */
  readonly isInsecureAllowed: boolean;
}

/** A token, or the problem with it, which never shows the token. */
export type ReadToken = { readonly token: string | undefined } | { readonly problem: string };

/** Reads the key or token of the calls. There is no flag for the value itself, because every user of the machine can read the flags of a process. */
export function readBearerToken({ tokenFile, variable, isPrivate, isInsecureAllowed }: TokenSource): ReadToken {
  const name = tokenFile === undefined ? "RILL_TOKEN" : `--token-file ${tokenFile}`;
  let text: string;
  try {
    text = tokenFile === undefined ? (variable ?? "") : readFileSync(tokenFile, "utf8");
  } catch (error) {
    return { problem: `${name}: cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})` };
  }
  const token = text.trim();
  if (token === "" && tokenFile === undefined) return { token: undefined };
  if (token.length > MAX_TOKEN_BYTES || !TOKEN_PATTERN.test(token))
    return { problem: `${name}: must hold one key or token of visible ASCII characters without spaces` };
  if (!isPrivate && !isInsecureAllowed) {
    const remedy = "use --tls, or allow it by --insecure-token";
    return {
      problem: `${name}: the connection is not encrypted, and others could read the token on its way; ${remedy}`,
    };
  }
  return { token };
}
