# Sourced after lib.sh: runs to be judged by the gate, and what it says of them.

# trace NAME LEAKS SCENARIO [OPTIONS...]: a run of the client.
trace() {
    local name=$1 leaks=$2
    shift 2
    FIXTURE_LEAK=$leaks "$residue" run -q -o "$name" -- "$fixtures/client" "$@" >/dev/null || fail "no $name"
}

# pattern NAME [OPTIONS...]: a run of the patterns.
pattern() {
    local name=$1
    shift
    "$residue" run -q --profile none --watch 'pattern_*' -o "$name" -- "$fixtures/patterns" -n 2000 "$@" || fail "no $name"
}

# gate STATUS OPTIONS...: the gate ends so; what it says is in `said`.
gate() {
    local want=$1 got
    shift
    "$residue" check "$@" >said 2>stderr
    got=$?
    [ $got = "$want" ] || fail "check $*: status $got, not $want: $(cat said stderr)"
    [ ! -s stderr ] || fail "check $*: $(cat stderr)"
}

# has TEXT...: each is in `said`.
has() {
    local text
    for text in "$@"; do
        grep -qF -- "$text" said || fail "'$text' is missing in: $(cat said)"
    done
}

has_not() {
    ! grep -qF -- "$1" said || fail "'$1' is in: $(cat said)"
}

# counts EXPECTED FILTER FILE: the jq filter gives exactly that.
counts() {
    local got
    got=$(jq -c "$2" "$3" 2>&1)
    [ "$got" = "$1" ] || fail "$2 of $3: expected $1, got $got"
}
