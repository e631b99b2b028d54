# Sourced by every .test file: runs programs under Residue and looks at the report.
set -u
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
out=$root/${OUT:-build}
fixtures=$out/fixtures
residue=$out/residue
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 2
problems=0

# record OPTIONS... -- PROGRAM...: leaves trace and report.json in the working folder.
record() {
    rm -f trace trace.*
    "$residue" run --quiet -o trace "$@" >stdout 2>stderr
    status=$?
    "$residue" report --format json trace >report.json 2>report.err || {
        echo "  report failed: $(cat report.err stderr)"
        problems=$((problems + 1))
    }
    return $status
}

fail() {
    echo "  $*"
    problems=$((problems + 1))
}

# is WHAT EXPECTED FILTER: the jq filter of the report gives exactly that.
is() {
    local got
    got=$(jq -c "$3" report.json 2>&1)
    [ "$got" = "$2" ] || fail "$1: expected $2, got $got"
}

# call NAME: a jq filter for the calls of that name.
call() {
    echo ".calls[] | select(.name == \"$1\")"
}

# Runs every function whose name begins with test_.
run_tests() {
    local name all=0
    for name in $(declare -F | awk '$3 ~ /^test_/ {print $3}'); do
        problems=0
        "$name" >"$work/said" 2>&1
        if [ $problems = 0 ]; then
            echo "ok $(basename "$0" .test): ${name#test_}"
        else
            echo "not ok $(basename "$0" .test): ${name#test_}"
            cat "$work/said"
            all=1
        fi
    done
    return $all
}
