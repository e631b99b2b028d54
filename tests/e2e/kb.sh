# Sourced by the tests of published leaks, after lib.sh: what they say of a report. `figures` is the
# command that prints the fixtures' figures.
figures() {
    "$fixtures/figures"
}

# figure NAME: the bytes that the fixture's own constants say one call leaves.
figure() {
    figures | awk -v name="$1" '$1 == name {print $2; found = 1} END {exit !found}' ||
        fail "no figure for $1"
}

# leaks CALL BYTES BLOCKS: an exact leak of so much per call.
leaks() {
    is "$1: count" 2000 "$(call "$1") | .count"
    is "$1: verdict" '"leak"' "$(call "$1") | .verdict"
    is "$1: exact" true "$(call "$1") | .exact"
    is "$1: bytes" "$2" "$(call "$1") | .bytes_per_call"
    is "$1: interval" "[$2,$2]" "$(call "$1") | .ci95"
    is "$1: blocks" "$3" "$(call "$1") | .blocks_per_call"
}

# things CALL SECTIONS HEAPS: what it leaves that has no bytes.
things() {
    is "$1: things" "[$2,$3,0,0]" "$(call "$1") | [.critical_sections_per_call,
        .private_heaps_per_call, .module_references_per_call, .interface_references_per_call]"
}

# no_other_leaks CALL...: all others are clean. (Neither is what ran but once called too few: what the
# loader keeps of it for its own books is no call's.)
no_other_leaks() {
    local names
    names=$(printf '"%s",' "$@")
    is "no other call leaks" '[]' \
        "[.calls[] | select(.verdict != \"clean\") | .name] - [${names%,}]"
}

# clean CALL...: these ran 2,000 times and left nothing.
clean() {
    local name
    for name; do
        is "$name is clean" '[2000,"clean",0]' "$(call "$name") | [.count, .verdict, .bytes_per_call]"
    done
    no_other_leaks ""
    is "no finding" '[]' '[.findings[].kind]'
    is "no bytes" 0 '[.calls[].bytes_per_call] | add'
}

# finding KIND CALL COUNT PER_CALL
finding() {
    is "$1 of $2" "[\"$2\",$3,$4]" \
        ".findings[] | select(.kind == \"$1\" and .call == \"$2\") | [.call, .count, .per_call]"
}

# stack KIND ROLE FUNCTION...: the finding's stack of that role goes through these functions, the
# innermost first; C++ names by their last part.
stack() {
    local kind=$1 role=$2 want
    shift 2
    want=$(printf '"%s",' "$@")
    is "$kind: $role in $*" true \
        "[.findings[] | select(.kind == \"$kind\")][0].stacks | [.[] | select(.role == \"$role\")][0].stack |
            map((.function // \"\") | sub(\"[(][^()]*[)]\$\"; \"\") | split(\"::\") | last) |
            [${want%,}] as \$want | reduce .[] as \$is (0; if \$is == \$want[.] then . + 1 else . end) |
            . == (\$want | length)"
}
