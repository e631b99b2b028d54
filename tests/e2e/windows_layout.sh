# Sourced after objects.sh and wine.sh: the clients on Windows. The provider is that beside the client,
# not the system's mapi32.dll.
layout=com

setup() {
    wine_ready || exit 0
    WINEDLLOVERRIDES="$WINEDLLOVERRIDES;mapi32=n"
}

run_client() {
    local leaks=$1 client=client_$2.exe scenario=$3 calls=$4
    shift 4
    FIXTURE_LEAK=$leaks record_windows "$@" -- "$windows/fixtures/$client" "$scenario" -n "$calls" ||
        [ "${may_die:-}" ] || fail "the client failed: $(cat stderr)"
}
