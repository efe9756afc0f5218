import type { PartialVersion, ResumePoint } from "./partial-file.js";
import type { SourceName } from "./pull-event.js";

/** A file that a source has begun to send. Disposing of it ends the transfer and removes the source's own files from the disk. */
export interface OpenedSource extends AsyncDisposable {
  /** The size that the source announces, or undefined. */
  readonly sizeBytes: number | undefined;
  /** The digest that the source announces, in lower-case hex, or undefined. */
  readonly sha256: string | undefined;
  /** The position in the file at which `bytes` begin: the requested one, or 0 if the source sends the whole file. */
  readonly offsetBytes: number;
  /** The version that a later call may resume. undefined: the source cannot tell one version of the file from another. */
  readonly version: PartialVersion | undefined;
  /** The file's bytes, for one reader. Throws ModelError SOURCE_FAILED, or the reason of the signal that it was opened with. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** One source of a model file. */
export interface ModelSource {
  readonly name: SourceName;
  /** The address of the file, for people. */
  readonly address: string;
  /** The size of the transfer if it is known before the source is asked. For a package it is the size of the package. */
  readonly transferBytes: number | undefined;
  /** Whether the bytes of an opened source come over the network, or from a package that has come. */
  readonly yields: "receiving" | "unpacking";
  /** The disk space that fetching takes, in sizes of the file, the file itself included. */
  readonly copies: number;
  /**
   * Begins to fetch.
   *
   * @param resume the position at which an earlier call stopped. The source resumes there only if the file still has the same version
   * @throws ModelError SOURCE_FAILED; the signal's reason
   */
  open(signal: AbortSignal, resume?: ResumePoint): Promise<OpenedSource>;
}
