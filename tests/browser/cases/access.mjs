// What axe finds: names, roles, contrast. In both themes, wide and narrow.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { modules, open } from "../browser.mjs";

const axe = readFileSync(join(modules, "axe-core/axe.min.js"), "utf8");

export default async function (file) {
    for (const [colorScheme, width] of [["light", 1440], ["dark", 1440], ["light", 390]]) {
        const view = await open(file, { colorScheme, viewport: { width, height: 900 }, bypassCSP: true });
        await view.page.evaluate(axe);
        const { violations } = await view.page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
        assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => node.html).join(" | ")}`), [],
            `${colorScheme}, ${width} wide`);
        const beyond = await view.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(beyond <= 0, `${beyond} pixels too wide at ${width}`);
        await view.close();
    }
}
