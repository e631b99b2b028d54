# Sourced by .test files after lib.sh: Windows programs under Wine, recorded by residue.exe, with the
# report made on this side.
windows=$root/build/windows-x86_64

# Whether Windows programs can be run here; says so if not. In the prefix that is set, or one of the
# build's own.
have_windows() {
    if ! command -v wine >/dev/null || ! command -v x86_64-w64-mingw32-gcc >/dev/null; then
        skip "no Wine, or no compiler for Windows (scripts/install-deps --windows)"
        return 1
    fi
    if [ -z "${WINEPREFIX:-}" ]; then
        eval "$("$root/scripts/wine-prefix" "$root/build/wine")" || {
            fail "no Wine prefix"
            return 1
        }
    fi
}

# build_windows PROGRAM FLAGS...: PROGRAM.exe from tests/e2e/programs/ in the working folder.
build_windows() {
    local program=$1
    shift
    x86_64-w64-mingw32-gcc -g -O1 -fno-builtin -I"$root/include" -o "$program.exe" \
        "$root/tests/e2e/programs/$program.c" "$@" 2>build.err ||
        fail "$program can't be built: $(cat build.err)"
}

# record_windows OPTIONS... -- PROGRAM...: leaves trace and report.json in the working folder, and what
# the program printed in stdout and stderr.
record_windows() {
    local status
    rm -f trace report.json
    wine "$windows/residue.exe" run --quiet -o trace "$@" >stdout 2>stderr
    status=$?
    report trace
    return $status
}
