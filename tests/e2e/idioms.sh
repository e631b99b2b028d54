# Sourced after objects.sh: what goes wrong with buffers, sessions, notifications, counted
# initialisation and handles, and what must be said of it. One line each:
#
#   LEAK        CLIENT SCENARIO CALLS  FINDING  CALL  COUNT PER_CALL
idioms() {
    cat <<'ROWS'
chain-leaked buffers chain 2000 linked-buffers-never-freed MAPIAllocateBuffer 2000 1
child-freed buffers chain 2000 linked-buffer-freed MAPIAllocateMore 2000 0.3333333
buffer-leaked buffers single 2000 mapi-buffer-never-freed MAPIAllocateBuffer 2000 1
buffer-to-free buffers single 2000 wrong-allocator MAPIAllocateBuffer 2000 1
block-to-mapi buffers single 2000 wrong-allocator MAPIFreeBuffer 2000 0.5
double-free buffers single 2000 double-free MAPIAllocateBuffer 2000 1
rows-leaked buffers rows 2000 returned-buffer-never-freed IMAPITable::QueryRows 2000 1
rows-as-buffer buffers rows 2000 freed-by-wrong-function IMAPITable::QueryRows 2000 1
rows-lost buffers rows 2000 rows-lost IMAPITable::QueryRows 2000 1
addresses-leaked buffers addresses 2000 returned-buffer-never-freed IAddrBook::Address 2000 1
addresses-as-buffer buffers addresses 2000 freed-by-wrong-function IAddrBook::Address 2000 1
addresses-lost buffers addresses 2000 rows-lost IAddrBook::Address 2000 1
props-leaked buffers returned 2000 returned-buffer-never-freed IMessage::GetProps 2000 1
tags-leaked buffers returned 2000 returned-buffer-never-freed IMessage::GetPropList 2000 1
columns-leaked buffers returned 2000 returned-buffer-never-freed IMAPITable::QueryColumns 2000 1
problems-leaked buffers returned 2000 returned-buffer-never-freed IMessage::SetProps 2000 1
error-leaked buffers returned 2000 returned-buffer-never-freed IMessage::GetLastError 2000 1
entry-leaked buffers returned 2000 returned-buffer-never-freed IMsgStore::GetReceiveFolder 2000 1
session-not-logged-off sessions logon 2000 session-not-logged-off MAPILogonEx 2000 1
session-unreleased sessions logon 2000 logged-off-not-released MAPILogonEx 2000 1
logged-off-early sessions logon 2000 logged-off-with-objects-open IMAPISession::OpenMsgStore 2000 1
store-first sessions logon 2000 released-in-wrong-order IMsgStore::OpenEntry 2000 1
q293150 sessions logon 2000 private-heap-never-destroyed MAPILogonEx 2000 1
advise-leaked sessions advise 2000 advise-without-unadvise IMsgStore::Advise 2000 1
sink-outlives sessions sink 2000 sink-outlives-session IMAPISession::Advise 2000 1
not-released sessions initialize 2000 unbalanced-initialize MAPIInitialize 2000 1
released-twice sessions initialize 2000 unbalanced-release MAPIUninitialize 2000 0.5
not-released sessions util 2000 unbalanced-initialize ScInitMapiUtil 2000 1
released-twice sessions util 2000 unbalanced-release DeinitMapiUtil 2000 0.5
not-released sessions messages 2000 unbalanced-initialize OpenIMsgSession 2000 1
released-twice sessions messages 2000 unbalanced-release CloseIMsgSession 2000 0.5
kb893420 sessions handles 2000 handle-never-closed IMAPISession::OpenMsgStore 4000 2
event-unclosed sessions handles 2000 handle-never-closed IMAPISession::OpenMsgStore 2000 1
ROWS
}

idiom() { # LEAK CLIENT SCENARIO CALLS FINDING CALL COUNT PER_CALL
    run_client "$1" "$2" "$3" "$4"
    one_finding "${@:5}"
}

# What is not one error in one call.

store_not_logged_off() {
    run_client store-not-logged-off sessions logon 2000
    kinds store-not-logged-off
    is "a remark" '["remark","IMAPISession::OpenMsgStore",2000,1]' \
        '.findings[0] | [.severity, .call, .count, .per_call]'
    is "no call leaks" '[]' '[.calls[] | select(.bytes_per_call > 0) | .name]'
    is "every call is clean" '["clean"]' '[.calls[] | select(.count == 2000) | .verdict] | unique'
}

# The thread that acquired them has too many, the one that released them too few. (Each of the
# scenario's threads does both when nothing is wrong.)
on_another_thread() { # SCENARIO ACQUIRED RELEASED
    run_client on-another-thread sessions "$1" 2000
    kinds unbalanced-initialize unbalanced-release
    finding unbalanced-initialize "$2" 2000 1
    finding unbalanced-release "$3" 2000 1
    is "two threads" '[2,[false,false]]' '[([.findings[].thread] | unique | length), [.findings[].other_threads]]'
    is "each is named" true '[.findings[] | .thread as $thread | .message | contains("thread \($thread)")] | all'
}
initialized_on_another_thread() { on_another_thread initialize MAPIInitialize MAPIUninitialize; }
util_on_another_thread() { on_another_thread util ScInitMapiUtil DeinitMapiUtil; }
messages_on_another_thread() { on_another_thread messages OpenIMsgSession CloseIMsgSession; }

clean_buffers() { for scenario in chain single rows addresses returned; do clean_twin buffers $scenario 2000; done; }
clean_sessions() { for scenario in logon advise sink; do clean_twin sessions $scenario 2000; done; }
clean_counted() { for scenario in initialize util messages; do clean_twin sessions $scenario 2000; done; }
clean_handles() { clean_twin sessions handles 2000; }

# each_idiom PREFIX: a function PREFIX_NAME for each of the above.
each_idiom() {
    local row name
    while read -r row; do
        read -r leak client scenario _ <<<"$row"
        name=${leak//-/_}
        [ "$client $scenario" = "sessions logon" ] || [ "$client" = buffers ] || name+=_$scenario
        eval "$1_$name() { idiom $row; }"
    done < <(idioms)
    for name in store_not_logged_off initialized_on_another_thread util_on_another_thread \
        messages_on_another_thread clean_buffers clean_sessions clean_counted clean_handles; do
        eval "$1_$name() { $name; }"
    done
}
