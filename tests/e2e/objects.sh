# Sourced by the tests of objects and MAPI idioms, after lib.sh and kb.sh. A file that sources it defines
#
#   run_client LEAKS CLIENT SCENARIO CALLS [OPTIONS OF run...]
#
# which leaves report.json. The clients' sources list the leaks (tests/fixtures/client_*.c).

# kinds KIND...: exactly these findings, in any order.
kinds() {
    local want
    want=$(printf '%s\n' "$@" | jq -Rcn '[inputs | select(. != "")] | sort')
    is "findings" "$want" '[.findings[].kind] | sort'
}

# one_finding KIND CALL COUNT PER_CALL: that one and no other; it is an error.
one_finding() {
    kinds "$1"
    is "$1" "[\"$2\",$3,\"error\"]" '.findings[0] | [.call, .count, .severity]'
    is "$1: rate" true ".findings[0].per_call - $4 | fabs < 1e-6"
}

# clean_twin CLIENT SCENARIO CALLS: the same path with nothing wrong: no finding, nothing leaks.
clean_twin() {
    run_client "" "$1" "$2" "$3"
    kinds
    is "no call leaks" '[]' '[.calls[] | select(.verdict == "leak" or .verdict == "growing") | .name]'
    is "no bytes" 0 '[.calls[].bytes_per_call] | add'
}

# marked FILE TEXT: "FILE:LINE" of the line with the comment TEXT.
marked() {
    local line
    line=$(grep -nF "/* $2 */" "$root/tests/fixtures/$1" | cut -d: -f1)
    [[ $line =~ ^[0-9]+$ ]] || fail "$1: not one line is marked '$2'"
    echo "tests/fixtures/$1:$line"
}

# at ROLE PLACE: of the first finding, a stack of that role that goes through FILE:LINE.
at() {
    is "$1 at $2" true "[.findings[0].stacks[] | select(.role == \"$1\") | .stack[] |
        select(\"\\(.file):\\(.line)\" | endswith(\"$2\"))] | length > 0"
}
