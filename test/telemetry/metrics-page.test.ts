import assert from "node:assert/strict";
import { MetricsPage } from "../../src/telemetry/metrics-page.js";

interface Shop {
  readonly sold: number;
  readonly shelves: Readonly<Record<string, number>>;
}

const createPage = (): MetricsPage<Shop> =>
  new MetricsPage<Shop>([
    { kind: "counter", name: "shop_sold_total", help: "Sold.", read: ({ sold }) => sold },
    {
      kind: "gauge",
      name: "shop_shelf",
      help: "On the shelf.",
      labelNames: ["shelf"],
      readAll: ({ shelves }) => Object.entries(shelves).map(([shelf, value]) => ({ labels: { shelf }, value })),
    },
  ]);

describe("metrics page", () => {
  it("shows at each rendering what the source says then, and nothing of before", async () => {
    const page = createPage();
    const first = await page.render({ sold: 3, shelves: { a: 1, b: 2 } });
    assert.match(first, /^# TYPE shop_sold_total counter\nshop_sold_total 3$/m);
    assert.match(first, /^shop_shelf\{shelf="b"\} 2$/m);
    const second = await page.render({ sold: 4, shelves: { a: 5 } });
    assert.match(second, /^shop_sold_total 4$/m);
    assert.match(second, /^shop_shelf\{shelf="a"\} 5$/m);
    assert.doesNotMatch(second, /shelf="b"/);
  });

  it("adds the process's own metrics, each page in a registry of its own", async () => {
    const [one, other] = [createPage(), createPage()];
    const text = await one.render({ sold: 1, shelves: {} });
    assert.match(text, /^process_resident_memory_bytes \d+$/m);
    assert.match(await other.render({ sold: 2, shelves: {} }), /^shop_sold_total 2$/m);
    assert.match(one.contentType, /^text\/plain; version=0\.0\.4/);
  });
});
