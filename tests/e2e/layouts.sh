# Sourced after objects.sh: the clients on Linux, in each object layout.
run_client() {
    local leaks=$1 client=$fixtures/client_$2 scenario=$3 calls=$4
    shift 4
    [ "$layout" = com ] || client+=4linux
    FIXTURE_LEAK=$leaks record "$@" -- "$client" "$scenario" -n "$calls" ||
        [ "${may_die:-}" ] || fail "the client failed: $(cat stderr)"
}

# in_both_layouts PREFIX: tests of every function whose name begins with PREFIX_, one in each layout.
in_both_layouts() {
    local name
    for name in $(declare -F | awk -v prefix="$1_" 'index($3, prefix) == 1 {print $3}'); do
        eval "test_${name#"$1"_}_com() { layout=com; $name; }
            test_${name#"$1"_}_mapi4linux() { layout=mapi4linux; $name; }"
    done
}
