// Bundles the page: node build.mjs SOURCES PAGE, with NODE_PATH naming what npm installed. Script and
// style go into the template, which lets no other script run and nothing be loaded.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const [sources, page] = process.argv.slice(2);
const modules = process.env.NODE_PATH;
const esbuild = createRequire(join(modules, "none.js"))("esbuild");

async function bundle(entry) {
    return esbuild.build({
        entryPoints: [join(sources, "src", entry)],
        bundle: true,
        minify: true,
        write: false,
        metafile: true,
        outdir: "/",
        target: "es2020",
        charset: "ascii",
        legalComments: "none",
        jsx: "automatic",
        jsxImportSource: "preact",
        nodePaths: [modules],
        logLevel: "warning",
    });
}

// The licence of each library that got into the bundle, as it came.
function licences(metafiles) {
    const packages = new Map();
    for (const path of metafiles.flatMap((file) => Object.keys(file.inputs))) {
        const [, name] = /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path) ?? [];
        if (name) packages.set(join(modules, name), readJson(join(modules, name)));
    }
    return [...packages].sort().map(([folder, about]) => {
        const name = readdirSync(folder).find((file) => /^licen[cs]e/i.test(file));
        if (!name) throw new Error(`${about.name} has no licence file`);
        const text = readFileSync(join(folder, name), "utf8").trim();
        return `${about.name} ${about.version} (${about.license})\n\n${text}`;
    }).join("\n\n----\n\n").replace(/--(?=[->])/g, "- -");
}

function readJson(folder) {
    return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}

// What a Content-Security-Policy names an inline text by.
function hash(text) {
    return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}

const script = await bundle("main.tsx");
const style = await bundle("style/all.css");
const js = script.outputFiles[0].text.trim();
const css = style.outputFiles[0].text.trim();
const parts = {
    "@LICENCES@": licences([script.metafile, style.metafile]),
    "@STYLE@": css,
    "@SCRIPT@": js,
    "@STYLE_HASH@": hash(css),
    "@SCRIPT_HASH@": hash(js),
};
const template = readFileSync(join(sources, "page.html"), "utf8");
const made = template.replace(/@[A-Z_]+@/g, (mark) => parts[mark] ?? mark);
if (made.split("@REPORT@").length !== 2 || /<\/script|<!--/i.test(js) || /<\/style/i.test(css))
    throw new Error("the page would not be what it looks like");
writeFileSync(`${page}.new`, made);
renameSync(`${page}.new`, page);
