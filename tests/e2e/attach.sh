# Sourced by the tests of processes that are attached to: a client that does what it is told.

setup() {
    build attached gcc -I"$root/tests/fixtures" -L"$fixtures" -Wl,-rpath,"$fixtures" -lmapi32 -lwin32 -lpthread -ldl
}

# begin [COMMAND...]: the client, in $client; told by `tell`.
begin() {
    coproc CLIENT { LD_BIND_NOW=1 FIXTURE_LEAK=kb237174 exec "$@" ./attached 2>client.err; }
    client=$CLIENT_PID
    told=${CLIENT[1]} heard=${CLIENT[0]}
    local answer
    read -r -t 20 answer <&"$heard"
    [ "$answer" = ready ] || fail "the client does not begin: $answer"
}

# tell WANTED WORDS...: the client does that, and answers so. In $answer.
tell() {
    local want=$1
    shift
    echo "$*" >&"$told" || fail "the client is gone"
    answer=
    read -r -t 60 answer <&"$heard"
    case $answer in $want) ;; *) fail "told '$*' the client answers '$answer', not '$want'" ;; esac
}

end() {
    echo end >&"$told"
    wait "$client" || fail "the client ends with $?"
}

until_it() { # COMMAND...: waits for it to succeed, 20 s at most
    local tries=0
    until "$@"; do
        [ $((tries += 1)) -lt 1000 ] || { fail "never: $*"; return 1; }
        sleep 0.02
    done
}

is_live() { [ -L "$1" ]; }
is_whole() { [ -f "$1" ] && [ ! -L "$1" ]; }
gone() { ! kill -0 "$1" 2>/dev/null; }

# attach OPTIONS...: in the background, in $attacher; the trace is ./trace. Returns when the client is recorded.
attach() {
    rm -f trace trace.*
    "$residue" attach -q -o trace "$@" "$client" >attach.out 2>attach.err &
    attacher=$!
    until_it is_live trace || cat attach.err
}

# detach [SIGNAL]: with the trace's report.
detach() {
    kill -"${1:-INT}" $attacher
    wait $attacher || fail "residue attach ends with $?: $(cat attach.err)"
    is_whole trace || fail "no trace was written"
    [ -s attach.out ] || [ ! -s attach.err ] || fail "it says $(cat attach.err)"
    report trace
}

# stores COUNT: exactly that many calls leaked 48 bytes and a critical section each.
stores() {
    is "stores" "[$1,48,true,1]" \
        "$(call IMAPISession::OpenMsgStore) | [.count, .bytes_per_call, .exact, .critical_sections_per_call]"
}
