/** How far this process's resident memory rose at most, in bytes, while something was done so many times, one after another. */
export async function rssGrowth(times: number, act: () => Promise<void>): Promise<number> {
  const before = process.memoryUsage.rss();
  let most = before;
  for (let done = 0; done < times; done++) {
    await act();
    most = Math.max(most, process.memoryUsage.rss());
  }
  return most - before;
}
