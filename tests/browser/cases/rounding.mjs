// A figure in the middle between two is the same on the page as in the text (its path is in $TEXT).
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { open } from "../browser.mjs";

const figures = (text) => [...new Set(text.match(/\d[\d,.]* KiB/g))];

export default async function (file, report) {
    const between = report.outside.sites.map((site) => site.bytes).filter((bytes) => bytes > 1024 && (bytes / 1024) % 0.5 === 0.25);
    assert.ok(between.length, "there is such a figure");
    const text = figures(readFileSync(process.env.TEXT, "utf8").split("Outside watched calls")[1].split("Private bytes")[0]);
    const view = await open(file);
    const page = figures(await view.page.getByRole("region", { name: "Outside watched calls" }).innerText());
    assert.deepEqual(page.sort(), text.sort());
    await view.close();
}
