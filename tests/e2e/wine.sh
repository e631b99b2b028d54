# Sourced by .test files after lib.sh: runs Windows programs, by themselves and under residue.exe. Each
# case begins with `wine_ready || return`. The prefix is WINEPREFIX, if set, else one in build/. With
# WINDOWS_ARCH=i686 they are 32-bit ones (scripts/check-win32).
arch=${WINDOWS_ARCH:-x86_64}
windows=$root/build/windows-$arch
windows_cc=$arch-w64-mingw32-gcc
record=48 # bytes that the system keeps of a critical section
[ "$arch" = x86_64 ] || record=32
[ "$arch" = x86_64 ] || windows_cc+=' -fno-omit-frame-pointer'

wine_ready() {
    if ! command -v wine >/dev/null || ! command -v "$arch-w64-mingw32-gcc" >/dev/null; then
        skip "no Wine, or no compiler for Windows (scripts/install-deps --windows)"
        return 1
    fi
    if [ ! -e "$windows/residue.exe" ] || [ ! -e "$windows/tests/leaving.exe" ]; then
        skip "not built (make windows windows-tests windows-fixtures)"
        return 1
    fi
    local made
    made=$("$root/scripts/wine-prefix" "${WINEPREFIX:-$root/build/wine}") || { fail "no Wine prefix"; return 1; }
    eval "$made"
}

# build_windows PROGRAM FLAGS...: PROGRAM.exe from tests/e2e/programs/ in the working folder.
build_windows() {
    local program=$1
    shift
    $windows_cc -g -O1 -fno-builtin -I"$root/include" -o "$program.exe" \
        "$root/tests/e2e/programs/$program.c" "$@" 2>build.err ||
        fail "$program can't be built: $(cat build.err)"
}

# told_by_wine PROGRAM...: its whole status, as Windows programs are told it, in `status` (8 digits).
told_by_wine() {
    rm -f status
    timeout 100 wine "$windows/tests/teller.exe" status "$@"
}

# in_wine PROGRAM...: its output without carriage returns in `stdout`.
in_wine() {
    told_by_wine "$@" >stdout.crlf 2>stderr </dev/null
    tr -d '\r' <stdout.crlf >stdout
    [ -s status ] || return 125 # it hung
    return $((16#$(cat status) & 255))
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
