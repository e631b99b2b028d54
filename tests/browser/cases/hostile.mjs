// Names that are markup are text; nothing but the page's own script may run, and nothing may be loaded.
import assert from "node:assert/strict";
import { open } from "../browser.mjs";

export default async function (file, report) {
    const names = report.calls.map((call) => call.name);
    assert.ok(names.some((name) => name.includes("</script><img")), "the report is hostile");
    const view = await open(file);
    const { page } = view;
    const shown = await page.locator(".calls tbody .call-name b").evaluateAll((bs) => bs.map((b) => b.textContent));
    assert.deepEqual(shown.sort(), names.sort());
    for (const name of names) {
        await page.locator(".calls tbody tr").filter({ has: page.locator(".call-name b").getByText(name, { exact: true }) }).first().click();
        assert.equal(await page.locator(".title h2 a").evaluate((a) => a.textContent), name);
        assert.equal(await page.locator("img, iframe, object, embed, link[rel=stylesheet]").count(), 0);
        await page.reload(); // by the link to it
        await page.waitForSelector("h1");
        assert.equal(await page.locator(".title h2 a").evaluate((a) => a.textContent), name);
    }
    assert.equal(await page.locator("script").count(), 2);
    assert.equal(await page.evaluate(() => window.pwned), undefined);
    await view.close();

    // What would be let in by a hole is stopped by the policy.
    const other = await open(file);
    const failed = [];
    other.page.on("requestfailed", (request) => failed.push([request.url(), request.failure().errorText]));
    const refused = await other.page.evaluate(async () => {
        const violations = [];
        document.addEventListener("securitypolicyviolation", (event) => violations.push(event.effectiveDirective));
        const script = document.createElement("script");
        script.textContent = "window.pwned = 1";
        document.body.append(script);
        document.body.insertAdjacentHTML("beforeend", '<img src="http://127.0.0.1:9/x.png" onerror="window.pwned = 2">');
        await fetch("http://127.0.0.1:9/").catch(() => {});
        await new Promise((done) => setTimeout(done, 100));
        return { violations, pwned: window.pwned };
    });
    assert.equal(refused.pwned, undefined);
    for (const directive of ["script-src-elem", "img-src", "connect-src"])
        assert.ok(refused.violations.includes(directive), `${directive} in ${refused.violations}`);
    // The refusals are told on the console, and as requests that were not made.
    assert.deepEqual(other.requests.filter((url) => url !== other.url), failed.map(([url]) => url));
    for (const [url, why] of failed) assert.match(why, /csp/i, url);
    other.said.length = other.requests.length = 0;
    await other.close();
}
