# Sourced after objects.sh: KB900326, a reference forgotten by a provider that keeps a message which met
# a public folder's referral, or a recipient who has moved.

# Where the provider's marked lines are.
provider_file() {
    [ "$layout" = com ] || { echo mapi4linux_store.cpp; return; }
    [ "${1#saved}" = "$1" ] && echo mapi32_store.c || echo mapi32_message.c
}

# event WHAT BY REFERENCES FILE MARK [FLAG]: one line as `history` gives it.
event() {
    printf '%s %s %s %s %s\n' "$1" "$2" "$3" "$(marked "$4" "$5")" "${6:-}"
}
by_client() { event "$1" client "$2" client_objects.c "$3" "${4:-}"; }
by_provider() { event "$1" provider "$2" "$(provider_file "$3")" "$3" "${4:-}"; }

# history LINES: the finding's events are these, in this order, each at its file and line.
history() {
    local got want=$1
    got=$(jq -r '.findings[0].events[] | "\(.event) \(.by) \(.references) " +
        (.stack[0] | "\(.file | sub(".*/tests/fixtures/"; "tests/fixtures/")):\(.line)") +
        (if .ended_it then " ended" elif .after_end then " after" else " " end) +
        (if .one_too_many then ",too-many" else "" end)' report.json)
    want=$(sed 's/ *$//' <<<"$want")
    got=$(sed 's/ *$//' <<<"$got")
    [ "$got" = "$want" ] || fail "the events: $(diff <(echo "$want") <(echo "$got"))"
}

# over_released COUNT CALLS: one finding, of the messages.
over_released() {
    kinds over-released
    is "finding" "[\"IMAPIFolder::CreateMessage\",$1,\"error\",\"IMessage\"]" \
        '.findings[0] | [.call, .count, .severity, .object.interface]'
    is "of each call" "$1" "(.findings[0].per_call * $2 + 0.5 | floor)"
    is "none is left out" 0 '.findings[0].events_unlisted'
}

referral_history() { # FLAGS OF THE LAST Release LINES AFTER IT
    history "$(by_client opened 1 "referral: opened"
        by_provider AddRef 2 "saved: held"
        by_provider Release 1 "saved: let go"
        by_client Release 0 "referral: let go" "$1"
        echo "$2")"
}

moved_history() {
    history "$(by_client opened 1 "moved: opened"
        by_client Release 0 "moved: let go" "$1"
        echo "$2")"
}

# The provider's own Release is the one too many: it comes after the object's end.
referral_lives() {
    over_released "$1" "$1"
    referral_history ended "$(by_provider IMessage::GetPropList 0 "waited: asked" after
        by_provider Release 0 "waited: let go" after,too-many)"
    at "one Release too many" "$(marked "$(provider_file waited)" "waited: let go")"
    at "used afterwards" "$(marked "$(provider_file waited)" "waited: asked")"
    at opened "$(marked client_objects.c "referral: opened")"
}

moved_lives() {
    over_released "$1" "$1"
    moved_history ended "$(by_provider Release 0 "waited: let go" after,too-many)"
    at "one Release too many" "$(marked "$(provider_file waited)" "waited: let go")"
}

# Dead messages' memory is as it was: nobody is hurt.
referral_where_the_memory_stays() {
    run_client kb900326-referral,pooled objects referral 2000
    says done cat stdout
    referral_lives 2000
}
moved_where_the_memory_stays() {
    run_client kb900326-moved,pooled objects moved 2000
    says done cat stdout
    moved_lives 2000
}

# --quarantine keeps it.
referral_in_quarantine() {
    run_client kb900326-referral objects referral 100 --quarantine
    says done cat stdout
    referral_lives 100
}
moved_in_quarantine() {
    run_client kb900326-moved objects moved 100 --quarantine
    says done cat stdout
    moved_lives 100
}

# The memory is another's: the client dies, in the provider, and the trace tells why.
dies() {
    may_die=1 run_client "kb900326-$1" objects "$1" 2000
    crashed
    over_released 1 1
    is "it is said" true '.findings[0].detail | startswith("Then the client died of ")'
    at died "$(marked "$(provider_file waited)" "$2")"
    at "one Release too many" "$(marked client_objects.c "$1: let go")"
}
referral_and_the_crash() {
    dies referral "waited: asked"
    referral_history ended,too-many "$(event fault "$fault_by" 0 "$(provider_file waited)" "waited: asked" after)"
}
moved_and_the_crash() {
    dies moved "waited: let go"
    moved_history ended,too-many "$(event fault "$fault_by" 0 "$(provider_file waited)" "waited: let go" after)"
}

# With the reference that was forgotten.
clean_referral() {
    clean_twin objects referral 2000
    run_client pooled objects referral 2000
    kinds
    run_client "" objects referral 2000 --quarantine
    kinds
}
clean_moved() {
    clean_twin objects moved 2000
    run_client pooled objects moved 2000
    kinds
    run_client "" objects moved 2000 --quarantine
    kinds
}

# ---- where the memory is another message's by then ----

# reused SCENARIO LEAK COUNT [OPTIONS]: one finding, of the client's own messages.
reused() {
    local scenario=$1 leak=$2 count=$3
    shift 3
    run_client "$leak,recycled" objects "$scenario" 300 "$@"
    says done cat stdout
    kinds over-released
    is "finding" "[\"IMAPIFolder::CreateMessage\",$count,\"error\",\"IMessage\"]" \
        '.findings[0] | [.call, .count, .severity, .object.interface]'
}

# Of the messages like them, two in three are held and released by the view: so it is the view's
# Release, and it is told of the message that was viewed, not of the one that died of it.
the_view_releases_the_draft() {
    reused view view-unheld-third 100
    is "opened" true '.findings[0] | .object.opened % 2 == 1 and .victim.object.opened == .object.opened + 1'
    history "$(event opened client 1 client_layout.h "message: opened"
        by_client Release 0 "viewer: shown" ended
        by_client Release 0 "viewer: let go" after,too-many)"
    at "one Release too many" "$(marked client_objects.c "viewer: let go")"
    at "used afterwards" "$(marked client_objects.c "draft: written")"
    at "in its place" "$(marked client_objects.c "draft: opened")"
}

# The function that opened and released one releases it once more; the other's holder is not blamed.
the_reply_dies_of_the_answer() {
    reused answer answered-twice 300
    history "$(by_client opened 1 "answer: opened"
        by_client Release 0 "answer: let go" ended
        by_client Release 0 "answer: let go again" after,too-many)"
    at "in its place" "$(marked client_objects.c "reply: opened")"
    is "the victim's" '[false]' '[.findings[0].victim.events[].one_too_many] | unique'
}

# Nothing to compare with: the Release is named that is by no holder of either, and what was there
# before is shown.
nobody_who_holds_the_draft() { # LEAK MARK OF THE Release  MARK OF THE END OF WHAT WAS THERE BEFORE
    reused view "$1" 300
    history "$(by_client opened 1 "draft: opened"
        by_client Release 0 "$2" ended,too-many
        by_client IMessage::SetProps 0 "draft: written" after
        by_client Release 0 "draft: sent" after)"
    is "it is said" true '.findings[0].detail | contains("The address was another IMessage")'
    is "what was there before" "\"$(marked client_objects.c "$3")\"" \
        '.findings[0].before.events[-1] | .stack[0] | "\(.file | sub(".*/tests/"; "tests/")):\(.line)"'
}
the_view_that_never_held() { nobody_who_holds_the_draft view-unheld "viewer: let go" "viewer: shown"; }
the_draft_itself() { nobody_who_holds_the_draft draft-unheld "draft: not held" "viewer: let go"; }

# With memory of its own for each, it is plain.
the_view_in_quarantine() {
    run_client view-unheld objects view 100 --quarantine
    kinds over-released
    is "nothing is left open" null '.findings[0] | .before // .victim'
    at opened "$(marked client_layout.h "message: opened")"
    at "one Release too many" "$(marked client_objects.c "viewer: let go")"
}

clean_reuse() {
    for scenario in view answer; do
        clean_twin objects $scenario 300
        run_client recycled objects $scenario 300
        kinds
    done
}

over_release_cases="the_view_releases_the_draft the_reply_dies_of_the_answer the_view_that_never_held
    the_draft_itself the_view_in_quarantine clean_reuse referral_where_the_memory_stays moved_where_the_memory_stays referral_in_quarantine
    moved_in_quarantine referral_and_the_crash moved_and_the_crash clean_referral clean_moved"
