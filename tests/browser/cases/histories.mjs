// The history of an object's references: every event, how many there were after it, and the one too many.
import assert from "node:assert/strict";
import { becomes, open } from "../browser.mjs";

export default async function (file, report) {
    const [finding] = report.findings;
    assert.equal(finding.kind, "over-released");
    const view = await open(file);
    const { page } = view;
    // No call leaks: the one with the finding is chosen.
    assert.equal(await page.locator(".title h2 a").innerText(), finding.call);
    const history = page.locator(".chosen .finding .history");
    assert.ok((await history.locator("h4").innerText()).startsWith(`References on the ${finding.object.interface} of call ${finding.object.opened}`));
    const rows = history.locator("tbody tr");
    assert.equal(await rows.count(), finding.events.length);
    for (const [i, event] of finding.events.entries()) {
        assert.ok((await rows.nth(i).locator("th").innerText()).startsWith(event.event));
        assert.equal((await rows.nth(i).locator("td").first().innerText()).trim(), event.after_end ? "" : String(event.references));
        assert.equal((await rows.nth(i).getAttribute("class")) === "wrong", event.one_too_many);
    }
    assert.equal(await history.locator("tr.wrong").count(), 1);
    const where = history.locator("tr.wrong details").first();
    await where.locator("summary").first().click();
    await becomes(() => where.locator(".source code.here").first().isVisible(), true);
    const frame = finding.events.find((event) => event.one_too_many).stack.find((one) => one.file);
    assert.equal(await where.locator(".source code.here").first().getAttribute("data-line"), String(frame.line));
    await view.close();
}
