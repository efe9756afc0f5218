/** The sources a model can come from. */
export type SourceName = "hub" | "pip";

/**
 * The progress of making a model ready, for people to see. Events are delivered synchronously, in order, on the caller's thread. `receiving`,
 * `unpacking` and `hashing` come once for each block of data, so the listener thins them out.
 */
export type PullEvent =
  | { readonly kind: "waiting"; readonly lockPath: string }
  | { readonly kind: "hashing"; readonly path: string; readonly doneBytes: number; readonly totalBytes: number }
  | {
      readonly kind: "fetching";
      readonly source: SourceName;
      readonly address: string;
      /** The size of the transfer, or undefined if it is not known yet. */
      readonly totalBytes: number | undefined;
    }
  /** `receiving` counts what comes over the network, and `unpacking` what is taken out of a package that has come. */
  | {
      readonly kind: "receiving" | "unpacking";
      readonly source: SourceName;
      readonly doneBytes: number;
      readonly totalBytes: number | undefined;
    }
  /** The source resumes in the middle of the file, and the next `receiving` counts from there. */
  | {
      readonly kind: "resuming";
      readonly source: SourceName;
      readonly doneBytes: number;
      readonly totalBytes: number | undefined;
    }
  /** The source broke off in the middle of the file and is asked again. */
  | { readonly kind: "broken-off"; readonly source: SourceName; readonly reason: string }
  | { readonly kind: "source-failed"; readonly source: SourceName; readonly reason: string }
  | { readonly kind: "discarded"; readonly path: string; readonly reason: string }
  | { readonly kind: "not-recorded"; readonly path: string; readonly reason: string };

export type PullListener = (event: PullEvent) => void;
