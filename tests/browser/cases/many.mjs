// 10,000 sites and as many call paths: little of it is in the document, and all of it is to be reached.
import assert from "node:assert/strict";
import { becomes, open } from "../browser.mjs";

export default async function (file, report) {
    const view = await open(file);
    const { page } = view;
    const call = report.calls.find(({ name }) => name === "Many::sites");
    assert.equal(call.sites.length, 10000);
    assert.ok(report.calls.length > 10000);
    const elements = await page.evaluate(() => document.querySelectorAll("*").length);
    assert.ok(elements < 5000, `${elements} elements`);
    assert.equal(await page.locator("table[role=grid]").getAttribute("aria-rowcount"), String(report.calls.length + 1));

    // The last row, by the keyboard and by scrolling; the first again.
    await page.locator("tr[aria-selected=true]").focus();
    await page.keyboard.press("End");
    const last = page.locator(`tr[aria-rowindex="${report.calls.length + 1}"]`);
    await last.waitFor();
    await becomes(() => last.getAttribute("aria-selected"), "true");
    await becomes(() => last.evaluate((row) => row === document.activeElement), true);
    await page.locator(".calls .table").evaluate((box) => (box.scrollTop = 0));
    await page.locator('tr[aria-rowindex="2"]').waitFor();
    const before = await page.locator(".calls .table").evaluate((box) => box.scrollHeight);
    assert.ok(Math.abs(before - 30 * (report.calls.length + 1)) < 40, `${before} pixels high`);

    // One of them by name.
    await page.getByRole("searchbox", { name: /Filter calls/ }).fill("Name::4711");
    await becomes(() => page.locator(".calls [role=status]").innerText(), `1 of ${report.calls.length.toLocaleString("en-US")}`);
    await page.getByRole("searchbox", { name: /Filter calls/ }).fill("Many");
    await becomes(() => page.locator(".calls [role=status]").innerText(), `1 of ${report.calls.length.toLocaleString("en-US")}`);
    await page.locator(".calls tbody tr").first().click();
    await becomes(() => page.locator(".title h2 a").innerText(), "Many::sites");

    // Its sites: a few at once, all by a filter.
    const sites = page.locator(".chosen .sites");
    assert.equal(await sites.locator(".shown").innerText(), "10,000 of 10,000");
    assert.equal(await sites.locator(".site").count(), 25);
    await sites.locator("button.more").last().click();
    await becomes(() => sites.locator(".site").count(), 125);
    const left = call.sites.filter((site) => !site.stack.some((one) => one.function === "right")).length;
    assert.equal(left, 1, "one way is left all along");
    await sites.getByRole("searchbox").fill("no such place");
    await becomes(() => sites.locator(".shown").innerText(), "0 of 10,000");
    await sites.getByRole("searchbox").fill("right");
    await becomes(() => sites.locator(".shown").innerText(), "9,999 of 10,000");
    await page.locator(".chosen .flame").getByRole("searchbox").fill("left");
    await page.locator(".chosen .flame figcaption [role=status]").getByText(/matches$/).waitFor();
    const frames = await page.locator(".chosen .flame .frame").count();
    assert.ok(frames > 50 && frames < 8000, `${frames} frames`);
    await view.close();
}
