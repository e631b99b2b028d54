// Light and dark, as the system says or as chosen; kept for the next visit; plots are drawn in both.
import assert from "node:assert/strict";
import { becomes, open } from "../browser.mjs";

const theme = (page) => page.evaluate(() => document.documentElement.dataset.theme);
const brightness = (page, property = "backgroundColor") => page.evaluate((name) => {
    const [r, g, b] = getComputedStyle(document.documentElement)[name].match(/\d+/g).map(Number);
    return (r + g + b) / 3;
}, property);

// How many pixels of the first plot are not transparent, and how bright the text of its axes may be.
const inked = (page) => page.locator(".plots canvas").first().evaluate((canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const colours = new Set();
    let ink = 0;
    for (let i = 0; i < data.length; i += 4) {
        if (data[i + 3] < 250) continue;
        ink++;
        colours.add(`${data[i]},${data[i + 1]},${data[i + 2]}`);
    }
    return { ink, colours: [...colours] };
});

export default async function (file) {
    for (const [scheme, bright] of [["light", true], ["dark", false]]) {
        const view = await open(file, { colorScheme: scheme });
        const { page } = view;
        assert.equal(await theme(page), scheme);
        assert.equal((await brightness(page)) > 128, bright);
        assert.equal((await brightness(page, "color")) > 128, !bright);
        const before = await inked(page);
        assert.ok(before.ink > 500, "the plot is drawn");
        const other = bright ? "dark" : "light";
        await page.getByRole("radio", { name: other }).check({ force: true });
        assert.equal(await theme(page), other);
        assert.equal((await brightness(page)) > 128, !bright);
        await page.waitForTimeout(50);
        const after = await inked(page);
        assert.ok(after.ink > 500 && after.colours.join() !== before.colours.join(), "and drawn anew");
        await page.reload();
        await page.waitForSelector("h1");
        assert.equal(await theme(page), other, "the choice is kept");
        await page.getByRole("radio", { name: "auto" }).check({ force: true });
        assert.equal(await theme(page), scheme);
        await page.emulateMedia({ colorScheme: other });
        await becomes(() => theme(page), other, "auto follows the system");
        await view.close();
    }
}
