// The page of a history: every figure that the JSON has is in a table and a plot, each with a name.
import assert from "node:assert/strict";
import { open } from "../browser.mjs";

const tenths = (bytes) => bytes.toLocaleString("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });

export default async function (file, history) {
    const { page, close } = await open(file);
    const plots = page.getByRole("img");
    assert.equal(await plots.count(), history.calls.length);
    assert.equal(await page.getByRole("heading", { level: 2 }).count(), history.calls.length);
    for (const [i, call] of history.calls.entries()) {
        const section = page.locator("section").nth(i);
        const points = await section.locator("svg circle").count();
        assert.equal(points, call.rates.length, call.name);
        const rows = await section.locator("tbody tr").allInnerTexts();
        assert.equal(rows.length, history.runs.length, call.name);
        assert.equal(rows.filter((row) => row.includes("not called")).length, history.runs.length - call.rates.length);
        for (const rate of call.rates) {
            const row = rows.find((text) => text.split("\t")[0] === String(rate.run)).split("\t");
            const figures = row.slice(-4);
            assert.equal(figures[0], rate.count.toLocaleString("en"));
            assert.equal(figures[1], rate.bytes_per_call > 0 ? `${tenths(rate.bytes_per_call)} B` : "0 B");
            assert.equal(figures[3], rate.verdict);
        }
        // What leaves more stands higher; nothing is drawn beyond the picture.
        const heights = await section.locator("svg circle").evaluateAll((all) => all.map((one) => Number(one.getAttribute("cy"))));
        const box = (await section.locator("svg").getAttribute("viewBox")).split(" ").map(Number);
        for (const [k, rate] of call.rates.entries()) {
            assert.ok(heights[k] > 0 && heights[k] < box[3], call.name);
            if (k && rate.bytes_per_call > call.rates[k - 1].bytes_per_call) assert.ok(heights[k] < heights[k - 1], call.name);
            if (k && rate.bytes_per_call < call.rates[k - 1].bytes_per_call) assert.ok(heights[k] > heights[k - 1], call.name);
        }
    }
    // A table that is longer than its place can be reached and moved by keys.
    const table = page.getByRole("group", { name: "Figures of" }).first();
    await table.focus();
    assert.ok(await table.evaluate((one) => one === document.activeElement));
    await close();
    // On a telephone rates and verdicts are in sight, and what plots say can be read.
    const small = await open(file, { viewport: { width: 390, height: 800 } });
    const wider = await small.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wider <= 0, `${wider} pixels too wide`);
    const tick = await small.page.locator("svg .tick").first().boundingBox();
    assert.ok(tick.height > 7, `letters of ${tick.height} pixels`);
    const rate = await small.page.locator("tbody tr").first().locator("td.number").nth(1).boundingBox();
    assert.ok(rate.x + rate.width <= 390, "the rate is in sight");
    await small.close();
}
