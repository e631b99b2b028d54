# Sourced after objects.sh: objects that are never released. What one of them keeps alive, and the
# reference that nobody gave back, are told with it.

# leaked CALL COUNT PER_CALL: one finding, whose bytes are all that any call leaves.
leaked() {
    one_finding reference-leak "$@"
    is "bytes" true "([.calls[] | .bytes_per_call * .count] | add / $2) as \$all |
        .findings[0].bytes_per_call | . > 0 and (. - \$all | fabs) < 1e-6 * \$all"
}

# The message holds its folder, that one its store and session, once: their bytes are none per call.
message_unreleased() {
    run_client message-unreleased objects messages 2000
    one_finding reference-leak IMAPIFolder::CreateMessage 2000 1
    is "all of its bytes" true "($(call IMAPIFolder::CreateMessage) | .bytes_per_call) as \$bytes |
        .findings[0].bytes_per_call | . > 0 and (. - \$bytes | fabs) < 1"
    is "interface" '"IMessage"' '.findings[0].object.interface'
    at opened "$(marked client_layout.h "message: opened")"
}

# What is open when its session is logged off, and ever after, is in no cache: few calls are enough.
few_calls_are_enough() {
    run_client message-unreleased objects messages 20
    one_finding reference-leak IMAPIFolder::CreateMessage 20 1
    run_client exporter-unreleased objects exporter 20
    one_finding reference-leak IMAPIFolder::OpenProperty 20 1
    is "it keeps the others" '["IMAPIFolder","IMAPISession","IMsgStore"]' \
        '[.findings[0].keeps[] | select(.count == 20) | .interface] | sort'
    is "with their bytes" true '.findings[0].bytes_per_call > 0'
    run_client message-every-third objects messages 30
    one_finding logged-off-with-objects-open IMAPIFolder::CreateMessage 10 0.3333333
    is "it is said" true '.findings[0].message | endswith(", and never released")'
}

from_thread_to_thread() {
    run_client handover-unreleased objects handover 2000
    one_finding reference-leak IMAPIFolder::CreateMessage 1000 0.5
    is "the Release that is missing" true "[.findings[0].stacks[] | select(.role == \"released in others\") |
        .stack[0] | \"\(.file):\(.line)\" | endswith(\"$(marked client_objects.c "handover: let go")\")] | any"
}

many_pointers_to_one_object() {
    run_client query-unreleased objects queries 2000
    one_finding reference-leak IMAPIFolder::CreateMessage 2000 1
    is "one is held" 1 '.findings[0].object.held'
    is "by QueryInterface" 3 '[.findings[0].events[] | select(.event == "QueryInterface")] | length'
}

one_addref_too_many() {
    run_client message-addref objects messages 2000
    one_finding reference-leak IMAPIFolder::CreateMessage 2000 1
    is "one is held" 1 '.findings[0].object.held'
}

# Beside messages that are released in time the AddRef without its Release stands out.
the_addref_that_is_never_matched() {
    run_client message-addref-third objects messages 3000
    one_finding reference-leak IMAPIFolder::CreateMessage 1000 0.3333333
    is "the interval holds the rate" true "$(call IMAPIFolder::CreateMessage) | .ci95 as [\$low, \$high] |
        (.bytes_per_call >= \$low and .bytes_per_call <= \$high)"
    is "the Release that is missing" true "[.findings[0].stacks[] | select(.role | test(\"in others\")) |
        .stack[0] | \"\\(.file):\\(.line)\" | endswith(\"$(marked client_objects.c "cache: let go")\")] | any"
}

every_third_message() {
    run_client message-every-third objects messages 2000
    kinds reference-leak
    is "finding" '["IMAPIFolder::CreateMessage",666]' '.findings[0] | [.call, .count]'
    is "rate" true '.findings[0].per_call | . > 0.31 and . < 0.36'
    is "the interval holds it" true "$(call IMAPIFolder::CreateMessage) | .exact == false and
        (.ci95 as [\$low, \$high] | .sites | map(.bytes_per_call * 3) | add |
            . / 3 >= \$low and . / 3 <= \$high)"
}

# The session's own opening is paired, each further reference is not.
addref_of_the_session() {
    run_client session-addref objects session 2000
    one_finding reference-leak IMAPISession::AddRef 2000 1
    at "reference taken" "$(marked client_objects.c "session: held")"
}

# Q252757: the client did its part.
a_reference_of_the_providers_own() {
    run_client q252757 objects messages 2000
    one_finding reference-leak IMAPIFolder::CreateMessage 2000 1
    is "the client holds none" 0 '.findings[0].object.held'
    is "it is said" true '.findings[0].message | contains("provider itself holds it")'
    is "the AddRef is shown" true "[.findings[0].events[] | select(.by == \"provider\" and .event == \"AddRef\") |
        .stack[0] | \"\\(.file):\\(.line)\" | endswith(\"$(marked "$saved_file" "saved: held")\")] | any"
}

# Of four objects that stay open in each cycle one is the cause.
the_exporter_keeps_everything_alive() {
    run_client exporter-unreleased objects exporter 500
    leaked IMAPIFolder::OpenProperty 500 1
    is "interface" '"IExchangeExportChanges"' '.findings[0].object.interface'
    is "it keeps the others" '["IMAPIFolder","IMAPISession","IMsgStore"]' \
        '[.findings[0].keeps[] | select(.count == 500) | .interface] | sort'
}

clean_messages() { clean_twin objects messages 2000; }
clean_session() { clean_twin objects session 2000; }
clean_handover() { clean_twin objects handover 2000; }
clean_queries() { clean_twin objects queries 2000; }
clean_exporter() { clean_twin objects exporter 2000; }

object_leak_cases="few_calls_are_enough from_thread_to_thread many_pointers_to_one_object clean_handover clean_queries
    message_unreleased one_addref_too_many the_addref_that_is_never_matched
    every_third_message addref_of_the_session a_reference_of_the_providers_own
    the_exporter_keeps_everything_alive clean_messages clean_session clean_exporter"
