/** The exit codes of the process. Supervisors and scripts rely on them. */
export const ExitCode = {
  done: 0,
  failed: 1,
  /** The command line or a setting is wrong, and nothing has started. */
  usage: 2,
  /** The answer was cut off before it had the form that was asked for. */
  incomplete: 3,
  /** A signal ended the process before its work was done. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
