// Of C++ the page shows the program's own line first, and names that can be read; in full they are a
// pointer's rest away.
import assert from "node:assert/strict";
import { becomes, open } from "../browser.mjs";

export default async function (file, report) {
    const view = await open(file);
    const { page } = view;
    const [call] = report.calls;
    const [site] = call.sites;
    assert.ok(site.place > 4, `${site.place} frames of the language's own`);
    assert.match(site.stack[site.place].function, /Registry<int, std::function<.*>::add\(/);
    const first = page.locator(".chosen .site").first();
    const names = first.locator(".stack .function");
    assert.deepEqual((await names.allInnerTexts()).slice(0, 2), ["operator new(unsigned long)", "app::Registry<\u2026>::add(int const&, std::function<\u2026>)"]);
    assert.equal(await names.nth(1).getAttribute("title"), site.stack[site.place].function);
    assert.match(await first.locator("details[open] > pre.source .here").innerText(), /all\[key\]\.push_back/, "its own line is open");
    await first.getByRole("button", { name: `${site.place - 1} frames of the libraries' own` }).click();
    await becomes(() => names.count(), Math.min(7 + site.place, site.stack.length), "they can be shown");
    assert.match(await names.nth(site.place).innerText(), /::add/);
    for (const name of await page.locator(".chosen .function, .chosen .site-place b").allInnerTexts())
        assert.ok(name.length <= 100, name);
    await view.close();
}
