import type { PartialVersion, ResumePoint } from "./partial-file.js";
import type { SourceName } from "./pull-event.js";

/** A file that a source has begun to give. Disposing it ends what still runs behind it and removes what it left on the disk. */
export interface OpenedSource extends AsyncDisposable {
  /** As the source announces it; undefined when it doesn't. */
  readonly sizeBytes: number | undefined;
  /** Lower-case hex, as the source announces it; undefined when it doesn't. */
  readonly sha256: string | undefined;
  /** Where in the file `bytes` begin: what was asked for, or 0 where the source gives the whole file. */
  readonly offsetBytes: number;
  /** What a later call may go on from; undefined where the source can't tell one version of the file from another. */
  readonly version: PartialVersion | undefined;
  /** The file's bytes, pulled once by one reader. Throws ModelError SOURCE_FAILED, or the reason of the signal it was opened with. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** One place that a model file can be fetched from. */
export interface ModelSource {
  readonly name: SourceName;
  /** For people: what is fetched from where. */
  readonly address: string;
  /** Disk space that fetching takes, beside and including the file itself, in files' sizes. */
  readonly copies: number;
  /**
   * Begins to fetch.
   *
   * @param resume where an earlier call stopped; the source goes on there only if the file is still the same version
   * @throws ModelError SOURCE_FAILED; the signal's reason
   */
  open(signal: AbortSignal, resume?: ResumePoint): Promise<OpenedSource>;
}
