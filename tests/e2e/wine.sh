# Sourced by .test files after lib.sh: runs Windows programs, by themselves and under residue.exe. Each
# case begins with `wine_ready || return`. The prefix is WINEPREFIX, if set, else one in build/.
windows=$root/build/windows-x86_64

wine_ready() {
    command -v wine >/dev/null || { skip "no Wine"; return 1; }
    local made
    made=$(exec 9>"$root/build/.wine.lock" && flock 9 && "$root/scripts/wine-prefix" "${WINEPREFIX:-$root/build/wine}" 9>&-) ||
        { fail "no Wine prefix"; return 1; }
    eval "$made"
}

# in_wine PROGRAM...: its output without carriage returns in `stdout`.
in_wine() {
    timeout 100 wine "$@" >stdout.crlf 2>stderr </dev/null
    local status=$?
    tr -d '\r' <stdout.crlf >stdout
    return $status
}

# record_windows OPTIONS... -- PROGRAM...: as `record`, by residue.exe.
record_windows() {
    local status
    rm -f trace trace.* report.json
    in_wine "$windows/residue.exe" run --quiet -o trace "$@"
    status=$?
    report trace
    return $status
}
