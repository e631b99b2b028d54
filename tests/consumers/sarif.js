// Whether a file is what the published schema of SARIF 2.1.0 says: sarif.js FILE, with NODE_PATH.
const fs = require("fs");
const path = require("path");
const Ajv = require("ajv-draft-04");
const formats = require("ajv-formats");

const folder = path.dirname(require.resolve("@microsoft/jest-sarif/package.json"));
const schema = JSON.parse(fs.readFileSync(path.join(folder, "lib/schemas/sarif-2.1.0-rtm.5.json"), "utf8"));
// One of its patterns has a lone bracket.
const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
formats(ajv);
const validate = ajv.compile(schema);
if (!validate(JSON.parse(fs.readFileSync(process.argv[2], "utf8")))) {
    console.log(ajv.errorsText(validate.errors, { separator: "\n" }));
    process.exit(1);
}
console.log("valid");
