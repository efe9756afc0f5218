/** What the process ends with. Published: supervisors and scripts lean on it. */
export const ExitCode = {
  done: 0,
  failed: 1,
  /** The command line or a setting is wrong; nothing was started. */
  usage: 2,
  /** A signal ended it before its work was done. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
