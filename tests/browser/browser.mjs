// A report's page in a headless Chromium. Whatever the page does, nothing may leave it, and nothing may
// be complained of on the console.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

export const modules = process.env.NODE_PATH;
const { chromium } = createRequire(join(modules, "none.js"))("playwright-core");

const PATHS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
];

// The page draws a moment after it was asked to: gives `get` until it gives what is expected.
export async function becomes(get, expected, message) {
    for (let i = 0; i < 100; i++) {
        try {
            assert.deepEqual(await get(), expected);
            return;
        } catch {
            await new Promise((done) => setTimeout(done, 20));
        }
    }
    assert.deepEqual(await get(), expected, message);
}

export async function open(file, { hash = "", ...options } = {}) {
    const browser = await chromium.launch({ executablePath: PATHS.find(existsSync), args: FLAGS });
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce", ...options });
    const page = await context.newPage();
    const said = [];
    const requests = [];
    page.on("console", (message) => said.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => said.push(`error: ${error.stack}`));
    page.on("dialog", (dialog) => {
        said.push(`dialog: ${dialog.message()}`);
        return dialog.dismiss();
    });
    context.on("request", (request) => {
        if (!request.url().startsWith("data:")) requests.push(request.url());
    });
    const url = pathToFileURL(file).href;
    await page.goto(url + hash);
    await page.waitForSelector("h1");
    return {
        page,
        url,
        said,
        requests,
        async close() {
            await browser.close();
            assert.deepEqual(said, [], "the console stays silent");
            assert.deepEqual(requests.filter((request) => request.split("#")[0] !== url), [], "nothing is asked for");
        },
    };
}

// The texts of a column of the table of calls, as far as its rows are in the document.
export function column(page, number) {
    return page.locator(`.calls tbody tr:not(.room) td:nth-child(${number})`).allInnerTexts();
}

export function callNames(page) {
    return page.locator(".calls tbody .call-name b").allInnerTexts();
}
