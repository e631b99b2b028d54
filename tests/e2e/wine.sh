# Sourced by .test files after lib.sh: Windows programs under Wine, by themselves and recorded by
# residue.exe, with the report made on this side. Each case begins with `wine_ready || return`.
# WINDOWS_ARCH: x86_64, or i686 (scripts/check-win32).
arch=${WINDOWS_ARCH:-x86_64}
windows=$root/build/windows-$arch

# Whether Windows programs can be run here; says so if not. In the prefix that is set, or one of the
# build's own.
wine_ready() {
    if ! command -v wine >/dev/null || ! command -v "$arch-w64-mingw32-gcc" >/dev/null; then
        skip "no Wine, or no compiler for Windows (scripts/install-deps --windows)"
        return 1
    fi
    local made
    made=$(exec 9>"$root/build/.wine.lock" && flock 9 && "$root/scripts/wine-prefix" "${WINEPREFIX:-$root/build/wine}" 9>&-) ||
        { fail "no Wine prefix"; return 1; }
    eval "$made"
}

# build_windows PROGRAM FLAGS...: PROGRAM.exe from tests/e2e/programs/ in the working folder.
build_windows() {
    local program=$1
    shift
    "$arch-w64-mingw32-gcc" -g -O1 -fno-builtin -fno-omit-frame-pointer -I"$root/include" -o "$program.exe" \
        "$root/tests/e2e/programs/$program.c" "$@" 2>build.err ||
        fail "$program can't be built: $(cat build.err)"
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
