import { heapBytes, shrinkHeap } from "../../machine/memory.js";
import { systemClock } from "../../sync/clock.js";
import { MemoryTidy } from "../../sync/memory-tidy.js";
import { ThreadChannel, threadData } from "../../threads/host-channel.js";
import { CommandRunner } from "../operations/command-runner.js";
import { openSqliteDatabase, sqliteFaultOf } from "../database/sqlite-database.js";
import type { StoreDatabase } from "../database/store-database.js";
import type { StoreCommand, StoreNotice, StoreThreadCommand } from "../store-messages.js";
import type { StoreLimits } from "../operations/store-work.js";

/** The data that the link starts the thread with. */
export interface StoreWorkerData {
  /** A file's path, or `:memory:`. */
  readonly path: string;
  readonly limits: StoreLimits;
}

/**
 * The store's thread. SQLite's calls block this thread and no other. Commands are worked off one after another, so that each finds the disk free, and
 * a close comes last.
 */
async function main(): Promise<void> {
  const channel = new ThreadChannel<StoreThreadCommand, StoreNotice>();
  const { path, limits } = threadData() as StoreWorkerData;
  await shrinkHeap();
  const onWarning = (text: string): void => channel.post({ type: "warning", text });
  const open = (): StoreDatabase => openSqliteDatabase(path, onWarning);
  await using runner = new CommandRunner({ open, faultOf: sqliteFaultOf, limits, label: path, onWarning });
  using _tidy = MemoryTidy.start({
    clock: systemClock,
    sizeBytes: heapBytes,
    isBusy: () => false,
    collect: shrinkHeap,
    onFailure: (error) => onWarning(`freeing the memory of a surge failed: ${String(error)}`),
  });
  const answer = async (command: StoreCommand): Promise<void> => {
    channel.post({ type: "answer", id: command.id, result: await runner.run(command) });
  };
  await new Promise<void>((resolve) => {
    let last = Promise.resolve();
    channel.onCommand((command) => {
      last = last.then(async () => {
        if (command.type === "close") resolve();
        else await answer(command);
      });
    });
  });
  channel.close();
}

await main();
