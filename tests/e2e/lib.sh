# Sourced by every .test file: runs programs under Residue and looks at the report.
#
# A .test file defines functions named test_*, then calls `run_tests`. Each of them runs in a process
# and a folder of its own, after `setup` if there is one, and has a time limit, so that one that hangs
# or dies fails alone.
set -u
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
out=$root/${OUT:-build}
fixtures=$out/fixtures
residue=$out/residue
python=/usr/bin/python3
test_file=$(cd "$(dirname "$0")" && pwd)/$(basename "$0")
problems=0
unset COLUMNS

# record OPTIONS... -- PROGRAM...: leaves trace and report.json in the working folder.
record() {
    local status
    rm -f trace trace.* report.json
    "$residue" run --quiet -o trace "$@" >stdout 2>stderr
    status=$?
    report trace
    return $status
}

# report TRACE: report.json anew.
report() {
    "$residue" report --format json "$1" >report.json 2>report.err || fail "no report of $1: $(cat report.err)"
}

fail() {
    echo "  $*"
    problems=$((problems + 1))
}

# skip WHY: what this machine can't show is said in the result.
skip() {
    echo "  # skipped: $*"
}

# Whether there are terminals at all: a bare chroot has none.
terminals() {
    "$python" -c 'import os; os.openpty()' 2>/dev/null
}

# terminal OPTIONS... COMMAND...: runs it on a terminal (terminal.py) and prints what that shows at last.
terminal() {
    "$python" "$root/tests/e2e/terminal.py" "$@"
}

# is WHAT EXPECTED FILTER: the jq filter of the report gives exactly that.
is() {
    local got
    got=$(jq -c "$3" report.json 2>&1)
    [ "$got" = "$2" ] || fail "$1: expected $2, got $got"
}

# says EXPECTED COMMAND...: the command succeeds and prints exactly that.
says() {
    local want=$1 got
    shift
    got=$("$@" 2>&1) || fail "$*: status $?"
    [ "$got" = "$want" ] || fail "$*: expected '$want', got '$got'"
}

# refuses STATUS TEXT COMMAND...: one line on stderr that contains TEXT.
refuses() {
    local want=$1 text=$2 got
    shift 2
    "$@" >stdout 2>stderr
    got=$?
    [ $got = "$want" ] || fail "$*: status $got, not $want"
    [ "$(wc -l <stderr)" = 1 ] || fail "$*: not one line: $(head -c 600 stderr)"
    grep -qF -- "$text" stderr || fail "$*: '$text' is missing in: $(head -c 600 stderr)"
}

# call NAME: a jq filter for the calls of that name.
call() {
    echo ".calls[] | select(.name == \"$1\")"
}

# build PROGRAM COMPILER FLAGS...: from tests/e2e/programs/PROGRAM.c or .cpp into the working folder.
# -fno-builtin: the compiler would delete allocations that nobody uses.
build() {
    local program=$1 source
    shift
    source=$(ls "$root/tests/e2e/programs/$program".c*)
    local compiler=$1
    shift
    "$compiler" -g -O1 -fno-builtin -I"$root/include" -o "$program" "$source" "$@" 2>build.err ||
        fail "$program can't be built: $(cat build.err)"
}

# Runs every function whose name begins with test_; prints `ok` or `not ok`, and why.
run_tests() {
    if [ "${E2E_CASE:-}" ]; then
        local name=$E2E_CASE
        unset E2E_CASE
        if declare -F setup >/dev/null; then setup; fi
        "$name"
        [ $problems = 0 ]
        exit
    fi
    local name status all=0 title work
    for name in $(declare -F | awk '$3 ~ /^test_/ {print $3}'); do
        case $name in *${E2E_ONLY:-}*) ;; *) continue ;; esac
        title="$(basename "$0" .test): ${name#test_}"
        work=$(mktemp -d)
        mkdir "$work/in"
        (cd "$work/in" && E2E_CASE=$name exec timeout -k 5 "${E2E_SECONDS:-120}" bash "$test_file") \
            >"$work/said" 2>&1 </dev/null
        status=$?
        if [ $status = 0 ]; then
            echo "ok $title"
            grep '^  # skipped: ' "$work/said"
        else
            echo "not ok $title"
            [ $status = 124 ] && echo "  took longer than ${E2E_SECONDS:-120} seconds"
            sed 's/^/  /' "$work/said"
            all=1
        fi
        rm -rf "$work"
    done
    exit $all
}
