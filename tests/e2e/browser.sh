# Sourced by .test files after lib.sh: looks at pages in a headless Chromium (tests/browser).
browser=$root/build/browser

# What the browser's tests need from npm, once. False, and said so, where that or Chromium can't be had.
browser_ready() {
    command -v chromium >/dev/null || { skip "there is no Chromium"; return 1; }
    mkdir -p "$browser"
    (
        flock 9
        cmp -s "$root/tests/browser/package-lock.json" "$browser/installed-lock.json" && exit 0
        cp "$root"/tests/browser/{package.json,package-lock.json,.npmrc} "$browser" && cd "$browser" &&
            timeout 100 npm ci --ignore-scripts --no-audit --no-fund --prefer-offline --fetch-retries=1 >npm.log 2>&1 &&
            cp package-lock.json installed-lock.json
    ) 9>"$browser/lock" || { skip "npm can't be reached"; return 1; }
}

# look CASE PAGE [JSON]: tests/browser/cases/CASE.mjs on a page.
look() {
    NODE_PATH=$browser/node_modules timeout -k 5 100 node "$root/tests/browser/run.mjs" "$@" 2>&1 || fail "in the browser: $1"
}
