// In a narrow window, as on a telephone, each call's name, verdict and rate are there without scrolling
// sideways, and nothing is wider than the window.
import assert from "node:assert/strict";
import { callNames, open } from "../browser.mjs";

const inside = (box, width) => box && box.width > 0 && box.x >= 0 && box.x + box.width <= width;

export default async function (file, report) {
    for (const width of [360, 600, 800, 1000]) {
        const view = await open(file, { viewport: { width, height: 800 } });
        const { page } = view;
        const wider = await page.evaluate(() => [document.documentElement, document.querySelector(".calls .table")]
            .map((element) => element.scrollWidth - element.clientWidth));
        assert.deepEqual(wider, [0, 0], `nothing is wider than a window of ${width}`);
        const first = page.locator(".calls tbody tr").first();
        for (const part of [".call-name b", ".badge", ".of-bytes"])
            assert.ok(inside(await first.locator(part).boundingBox(), width), `${part} in a window of ${width}`);
        assert.equal((await first.locator(".of-bytes").innerText()).trim(), `${report.calls[0].bytes_per_call.toFixed(1)} B`);
        // Verdicts of several words, too, are there in full.
        for (const badge of await page.locator(".calls tbody .badge").all()) {
            const [box, cell] = [await badge.boundingBox(), await badge.locator("xpath=ancestor::td").boundingBox()];
            assert.ok(box.x + box.width <= cell.x + cell.width, `'${await badge.innerText()}' in a window of ${width}`);
        }
        // What of a name is cut off is not so much that calls look alike.
        const names = page.locator(".calls tbody .call-name");
        for (let i = 0; i < (await callNames(page)).length; i++)
            assert.ok(await names.nth(i).evaluate((name) => name.closest("td").clientWidth > 150), `names in a window of ${width}`);
        // Heads and cells stand below each other.
        const [head, cell] = [await page.locator("th.of-bytes").boundingBox(), await first.locator(".of-bytes").boundingBox()];
        assert.equal(head.x, cell.x);
        await view.close();
    }
}
