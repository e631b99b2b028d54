// On paper: light, the table in full, no controls.
import assert from "node:assert/strict";
import { open } from "../browser.mjs";

export default async function (file, report) {
    const view = await open(file, { colorScheme: "dark" });
    const { page } = view;
    await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
    await page.emulateMedia({ media: "print", colorScheme: "dark" });
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "light");
    assert.equal(await page.locator(".calls tbody tr:not(.room)").count(), Math.min(500, report.calls.length));
    assert.equal(await page.locator(".themes").isVisible(), false);
    const box = await page.locator(".calls .table").evaluate((table) => table.scrollHeight - table.clientHeight);
    assert.ok(box <= 1, "nothing is cut off");
    await page.setViewportSize({ width: 718, height: 1000 }); // of a sheet of A4
    const heads = page.locator(".calls thead th");
    for (let i = 0; i < 9; i++) assert.ok(await heads.nth(i).isVisible(), `column ${i} is printed`);
    const pdf = await page.pdf({ format: "A4" });
    assert.ok(pdf.length > 20000, `${pdf.length} bytes`);
    await page.emulateMedia({ media: "screen", colorScheme: "dark" });
    await page.evaluate(() => dispatchEvent(new Event("afterprint")));
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
    await view.close();
}
