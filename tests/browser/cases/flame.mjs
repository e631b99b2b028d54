// Opening a frame makes it as wide as the graph and shows its source; searching weighs what matches.
import assert from "node:assert/strict";
import { becomes, open } from "../browser.mjs";

export default async function (file, report) {
    const view = await open(file, { hash: `#call/${encodeURIComponent("Tree::walk")}` });
    const { page } = view;
    const call = report.calls.find(({ name }) => name === "Tree::walk");
    assert.equal(await page.locator(".title h2 a").innerText(), "Tree::walk");
    const flame = page.locator(".chosen .flame");
    const frame = (name) => flame.getByRole("treeitem", { name: new RegExp(`^${name},`) });
    const width = async (name) => (await frame(name).first().boundingBox()).width;
    const graph = (await flame.locator(".flame-frames").boundingBox()).width;
    const share = (name) =>
        call.sites.filter((site) => site.stack.some((one) => one.function === name))
            .reduce((sum, site) => sum + site.bytes_per_call, 0) / call.bytes_per_call;

    // Widths are the bytes per call of what is under a frame.
    for (const name of ["branch_left", "branch_right", "leave_large"])
        assert.ok(Math.abs((await width(name)) / graph - share(name)) < 0.01, `${name}: ${await width(name)} of ${graph}`);
    assert.ok(share("branch_left") > 0.1 && share("branch_left") < 0.9);
    assert.match(await frame("branch_left").getAttribute("aria-label"), / B\/call, /);

    await frame("branch_right").click();
    await becomes(async () => (await frame("branch_left").count()) === 0, true);
    assert.ok(Math.abs((await width("branch_right")) - graph) < 1, "as wide as the graph");
    assert.equal(await frame("branch_left").count(), 0, "what is beside it is out of sight");
    assert.match(await flame.locator(".flame-said").innerText(), /branch_right/);
    assert.ok((await flame.locator(".source code.here").innerText()).length > 3, "with its source");
    assert.ok((await frame("leave_large").count()) > 0);

    await flame.getByRole("button", { name: "Reset zoom" }).click();
    await becomes(async () => (await width("branch_right")) < 0.9 * graph, true);

    await flame.getByRole("searchbox").fill("branch_left");
    await becomes(() => flame.locator(".frame.hit").count(), 1);
    assert.ok((await flame.locator("figcaption [role=status]").innerText())
        .includes(`${+(100 * share("branch_left")).toFixed(1)}%`));
    await flame.getByRole("searchbox").fill("no such frame");
    await becomes(() => flame.locator("figcaption [role=status]").innerText(), "nothing matches");
    await flame.getByRole("searchbox").fill("");

    // With the keyboard: down, right, Enter to open, Escape to go back.
    await frame("Tree::walk").focus();
    const focused = () => page.evaluate(() => document.activeElement.getAttribute("aria-label")?.split(",")[0]);
    const press = async (key) => {
        const before = await focused();
        await page.keyboard.press(key);
        await becomes(async () => (await focused()) !== before, true, `${key} moves on from ${before}`);
        return focused();
    };
    let first = "";
    for (let i = 0; i < 12 && !first.startsWith("branch_"); i++) first = await press("ArrowDown");
    assert.equal(first, "branch_right", "the widest first");
    assert.equal(await press("ArrowRight"), "branch_left");
    await page.keyboard.press("Enter");
    await becomes(async () => Math.abs((await width("branch_left")) - graph) < 1, true);
    await page.keyboard.press("Escape");
    await becomes(async () => (await width("branch_left")) < 0.9 * graph, true);
    await view.close();
}
