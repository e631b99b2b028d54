// node run.mjs CASE PAGE [JSON]: one of the cases in cases/, on a page and the same report as JSON.
import { readFileSync } from "node:fs";

const [name, page, json] = process.argv.slice(2);
const { default: test } = await import(`./cases/${name}.mjs`);
await test(page, json && JSON.parse(readFileSync(json, "utf8")));
