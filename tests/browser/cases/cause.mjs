// The page opens with the call that the verdict is of, though others leave more: these lead to it.
import assert from "node:assert/strict";
import { becomes, open } from "../browser.mjs";

export default async function (file, report) {
    const view = await open(file);
    const { page } = view;
    const title = () => page.locator(".chosen h2 a").innerText();
    const cause = report.calls.find((call) => call.bytes_per_call > 0 && !call.kept_alive_by);
    const most = report.calls.find((call) => call.kept_alive_by);
    assert.ok(most.bytes_per_call > cause.bytes_per_call, "the cause is not what leaves most");
    assert.ok((await page.locator("h1").innerText()).startsWith(`${cause.name} leaks`), "the verdict is of the cause");
    assert.equal(await title(), cause.name);
    const row = page.locator(".calls tbody tr").filter({ hasText: `${most.name} kept alive by ${cause.name}` });
    await row.click();
    await becomes(title, most.name, "the call that leaves most can be looked at");
    await page.locator(".chosen a.cause").click();
    await becomes(title, cause.name, "and leads to its cause");
    await view.close();
}
