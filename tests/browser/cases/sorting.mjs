// Every column sorts, both ways, and says so.
import assert from "node:assert/strict";
import { becomes, callNames, open } from "../browser.mjs";

const VERDICTS = ["leak", "growing", "too-few-calls", "warming", "in-flight", "one-off", "bounded", "clean"];
const things = (call) =>
    call.blocks_per_call + call.critical_sections_per_call + call.private_heaps_per_call + call.module_references_per_call +
    call.interface_references_per_call + Object.values(call.things_per_call).reduce((sum, one) => sum + one, 0);
const KEYS = {
    Call: (call) => call.name.toLowerCase(),
    Verdict: (call) => VERDICTS.indexOf(call.verdict),
    "Bytes/call": (call) => call.bytes_per_call,
    "95% interval": (call) => call.ci95[1] - call.ci95[0],
    "Things/call": things,
    "With inner": (call) => call.inclusive_bytes_per_call,
    Findings: () => 0, // this report has none
    Calls: (call) => call.count,
    "Live at end": (call) => call.bytes,
};

// Equal ones stay in the report's order.
function sorted(calls, key, way) {
    return calls.map((call, i) => [key(call), i, call.name])
        .sort((a, b) => way * (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0) || a[1] - b[1]).map(([, , name]) => name);
}

export default async function (file, report) {
    const view = await open(file);
    const { page } = view;
    const heads = page.locator(".calls thead th");
    assert.equal(await heads.count(), Object.keys(KEYS).length);
    assert.equal(await page.locator("th[aria-sort=descending]").innerText().then((text) => text.trim().slice(0, 10)), "Bytes/call");
    const orders = new Set();
    for (const [title, key] of Object.entries(KEYS)) {
        const head = heads.filter({ has: page.getByRole("button", { name: title, exact: true }) });
        for (let clicks = 0; clicks < 2; clicks++) {
            const before = await head.getAttribute("aria-sort");
            await head.getByRole("button").click();
            await becomes(async () => (await head.getAttribute("aria-sort")) !== before, true, `${title} is sorted by`);
            const order = await head.getAttribute("aria-sort");
            assert.ok(["ascending", "descending"].includes(order), `${title}: ${order}`);
            assert.equal(await page.locator("th[aria-sort=none]").count(), Object.keys(KEYS).length - 1);
            const names = sorted(report.calls, key, order === "ascending" ? 1 : -1);
            await becomes(() => callNames(page), names, `${title} ${order}`);
            orders.add(names.join());
        }
        assert.equal(await page.locator("tr[aria-selected=true]").count(), 1);
    }
    assert.ok(orders.size >= 12, `the calls differ in what they are sorted by: ${orders.size} orders`);
    await view.close();
}
