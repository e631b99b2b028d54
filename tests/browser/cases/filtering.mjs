// By text, by verdict, both; and sites by what is in their stacks.
import assert from "node:assert/strict";
import { becomes, callNames, open } from "../browser.mjs";

export default async function (file, report) {
    const view = await open(file);
    const { page } = view;
    const input = page.getByRole("searchbox", { name: /Filter calls/ });
    const status = page.locator(".calls [role=status]");
    const all = report.calls.map((call) => call.name);
    const expect = async (names) => {
        await becomes(() => callNames(page), names);
        assert.equal(await status.innerText(), `${names.length} of ${all.length}`);
        assert.equal(await page.locator("table[role=grid]").getAttribute("aria-rowcount"), String(names.length + 1));
    };
    await expect(all);
    await page.keyboard.press("/");
    await page.keyboard.type("RELEASE");
    const released = all.filter((name) => name.toLowerCase().includes("release"));
    assert.ok(released.length && released.length < all.length);
    await expect(released);
    await input.fill("imailbox quota");
    await expect(all.filter((name) => /imailbox/i.test(name) && /quota/i.test(name)));
    await input.fill("no such call");
    await expect([]);
    assert.match(await page.locator(".calls").innerText(), /No call is called so/);
    await input.fill("");
    const leaking = report.calls.filter((call) => call.verdict === "leak").map((call) => call.name);
    const chip = page.getByRole("button", { name: /^leak/ });
    assert.equal(await chip.innerText(), `leak ${leaking.length}`);
    await chip.click();
    assert.equal(await chip.getAttribute("aria-pressed"), "true");
    await expect(leaking);
    await page.getByRole("button", { name: /^clean/ }).click();
    await expect(all);
    await chip.click();
    await expect(report.calls.filter((call) => call.verdict === "clean").map((call) => call.name));
    await view.close();
}
