// All of it without a mouse: the table is one stop, arrows move and choose, Enter leads to the call.
import assert from "node:assert/strict";
import { becomes, open } from "../browser.mjs";

export default async function (file, report) {
    const view = await open(file);
    const { page } = view;
    const focused = () => page.evaluate(() => {
        const element = document.activeElement;
        return element.closest("tr")?.querySelector(".call-name b")?.textContent ?? element.getAttribute("aria-label") ?? element.textContent;
    });
    const chosen = () => page.locator("tr[aria-selected=true] .call-name b").innerText();
    const names = report.calls.map((call) => call.name);
    const hash = (call) => `#call/${[...call.path, call.name].map(encodeURIComponent).join("/")}`;

    // Tab leads to everything: the skip link first, then the row that is chosen.
    await page.keyboard.press("Tab");
    assert.equal(await focused(), "Skip to the chosen call");
    for (let i = 0; i < 30 && (await focused()) !== names[0]; i++) await page.keyboard.press("Tab");
    assert.equal(await focused(), names[0]);
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    assert.equal(outline, "solid", "the focus is seen");

    await page.keyboard.press("ArrowDown");
    await becomes(focused, names[1]);
    await becomes(chosen, names[1]);
    await becomes(() => page.locator(".title h2 a").innerText(), names[1]);
    assert.equal(new URL(page.url()).hash, hash(report.calls[1]));
    await page.keyboard.press("End");
    await becomes(focused, names.at(-1));
    await page.keyboard.press("Home");
    await becomes(focused, names[0]);
    await page.keyboard.press("PageDown");
    await becomes(async () => (await focused()) !== names[0] && names.includes(await focused()), true);
    await page.keyboard.press("Home");
    await becomes(focused, names[0]);
    await page.keyboard.press("ArrowDown");
    await becomes(focused, names[1]);
    await page.keyboard.press("ArrowUp");
    await becomes(focused, names[0]);
    await page.keyboard.press("Enter");
    await becomes(focused, `Call ${names[0]}`);

    // Heads are buttons.
    await page.getByRole("button", { name: "Call", exact: true }).focus();
    await page.keyboard.press("Enter");
    await becomes(() => page.locator("th").first().getAttribute("aria-sort"), "ascending");

    // A link leads to a call, also within the page; one to no call changes nothing.
    await page.goto(view.url + hash(report.calls[2]));
    await page.waitForFunction((name) => document.querySelector(".title h2 a").textContent === name, names[2]);
    assert.ok((await page.title()).startsWith(names[2]));
    await page.goto(`${view.url}#call/none%ZZ`);
    await becomes(chosen, names[2]);
    await view.close();
}
