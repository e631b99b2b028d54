// What is shown is what the JSON says, in the words of the report in the terminal.
import assert from "node:assert/strict";
import { callNames, open } from "../browser.mjs";

const count = (value) => value.toLocaleString("en-US");
const bytes = (value) => `${value.toFixed(1)} B`; // up to 10 KiB

export default async function (file, report) {
    const view = await open(file);
    const { page } = view;
    assert.equal(await page.locator("h1").innerText(), report.summary.sentence);
    const facts = await page.locator(".facts").innerText();
    assert.match(facts, new RegExp(`process\\s+${report.program.pid}\\b`));
    assert.match(facts, new RegExp(`executions\\s+${count(report.summary.executions)}\\b`));
    assert.deepEqual(await callNames(page), report.calls.map((call) => call.name));

    const rows = page.locator(".calls tbody tr");
    for (const [i, call] of report.calls.entries()) {
        const cells = (await rows.nth(i).locator("td").allInnerTexts()).map((text) => text.trim());
        const things = call.blocks_per_call + call.critical_sections_per_call + call.private_heaps_per_call +
            call.module_references_per_call + call.interface_references_per_call;
        assert.equal(cells[2], call.bytes_per_call ? bytes(call.bytes_per_call) : "");
        assert.equal(cells[3], call.bytes_per_call ? (call.exact ? "exact" :
            `[${call.ci95.map((end) => end.toFixed(1)).join(", ")}]`) : "");
        assert.equal(cells[4], things ? String(+things.toFixed(2)) : "");
        const findings = report.findings.filter((finding) => finding.call === call.name).length;
        assert.equal(cells[6], findings ? count(findings) : "");
        assert.equal(cells[7], count(call.count));
    }

    // The chosen call: its headline, its sites, its findings, the figures of its plots.
    const call = report.calls[0];
    const headline = await page.locator(".headline").innerText();
    assert.ok(headline.includes(`${bytes(call.bytes_per_call)}/call`), headline);
    assert.equal(await page.locator(".chosen .site").count(), call.sites.length);
    const site = await page.locator(".chosen .site").first().innerText();
    assert.ok(site.includes(`${count(call.sites[0].survivors)} live at the end`), site);
    const findings = report.findings.filter((finding) => finding.call === call.name);
    assert.equal(await page.locator(".chosen .finding").count(), findings.length);
    for (const [i, finding] of findings.entries()) {
        const shown = page.locator(".chosen .finding").nth(i);
        assert.equal(await shown.locator("h4").first().innerText(), finding.message);
        assert.equal(await shown.locator(".role").count(), finding.stacks.length);
    }
    const figures = page.locator(".plots .figures");
    await figures.nth(0).locator("summary").click();
    const grown = await figures.nth(0).locator("tbody tr").evaluateAll((trs) => trs.map((tr) => tr.cells[0].textContent));
    assert.deepEqual(grown, call.retained.calls.map(count));
    const last = await figures.nth(0).locator("tbody tr").last().locator("td").first().innerText();
    assert.equal(last, `${(call.retained.leaking_bytes.at(-1) / 1024).toFixed(1)} KiB`);
    const ordinals = call.sites[0].by_ordinal;
    assert.equal(await figures.nth(1).locator("tbody tr").count(), ordinals.survivors.length);
    assert.equal(ordinals.survivors.reduce((sum, one) => sum + one, 0), call.sites[0].survivors);

    // Memory, and what is outside.
    assert.equal(await page.locator("section[aria-labelledby=memory] .figures tbody tr").count(),
        new Set([...report.memory.private_bytes, ...report.memory.tracked_bytes].map(([time]) => time)).size);
    for (const sentence of report.memory.sentences)
        assert.ok((await page.locator("section[aria-labelledby=memory]").innerText()).includes(sentence), sentence);
    assert.ok((await page.locator("section[aria-labelledby=outside]").innerText())
        .includes(`${count(report.outside.survivors)} things live at the end`));

    // The line of source that the stack ends at, and no more of the file than around it.
    const frame = call.sites[0].stack.find((one) => one.file && one.line);
    const here = page.locator(".chosen .site .source code.here").first();
    assert.equal(await here.getAttribute("data-line"), String(frame.line));
    assert.ok((await here.innerText()).includes("malloc"), await here.innerText());
    await view.close();
}
