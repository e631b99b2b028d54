// validate.js FILE: whether it is what speedscope's schema says.
const { readFileSync } = require('fs');
const Ajv = require('ajv').default;
const schema = require('speedscope/dist/release/file-format-schema.json');

const ajv = new Ajv({ allErrors: true, strict: false });
const validate = ajv.compile(schema);
if (!validate(JSON.parse(readFileSync(process.argv[2], 'utf8')))) {
    console.log(ajv.errorsText(validate.errors).slice(0, 2000));
    process.exit(1);
}
