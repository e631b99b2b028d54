# Sourced by the tests that use libraries of leak_X and freed_X functions (tests/fixtures/caller.c).
ways_calls=1000

# use LIBRARY: calls all its functions; `said` holds a line "NAME BYTES ERRNO" for each.
use() {
    local library=$fixtures/lib$1.so functions
    functions=$(nm -D --defined-only "$library" | awk '$3 ~ /^(leak|freed)_/ { print $3 }')
    # shellcheck disable=SC2086
    "$fixtures/caller" "$library" -n $ways_calls $functions >native || fail "the fixture fails by itself"
    # shellcheck disable=SC2086
    record --profile none --watch 'leak_*' --watch 'freed_*' -- \
        "$fixtures/caller" "$library" -n $ways_calls $functions || fail "the fixture fails: $(cat stderr)"
    cmp -s native stdout || fail "other results than without the shim: $(diff native stdout)"
    said=$(cat stdout)
    is "every function was called" "$(wc -l <stdout)" \
        "[.calls[] | select(.name | test(\"^(leak|freed)_\")) | select(.count == $ways_calls)] | length"
}

# said_bytes NAME: what the fixture says that all its calls left.
said_bytes() {
    awk -v name="$1" '$1 == name { print $2 }' <<<"$said"
}

# leaves BLOCKS NAMES...: each leaves what the fixture says, every call, in so many things.
leaves() {
    local things=$1 name bytes
    shift
    for name; do
        bytes=$(said_bytes "$name")
        is "$name" "[\"leak\",$((bytes / ways_calls)),true,$things,$bytes]" "$(call "$name") |
            [.verdict, .bytes_per_call, .exact, ([.sites[].per_call] | add), ([.sites[].bytes] | add)]"
    done
}

# nothing_left NAMES...: not one thing of theirs survives.
nothing_left() {
    local name
    for name; do
        is "$name" '["clean",0,[]]' "$(call "$name") | [.verdict, .bytes_per_call, .sites]"
    done
}

# all_freed COUNT: not one thing of the freed_X functions, of which there are so many, survives.
all_freed() {
    # shellcheck disable=SC2046
    nothing_left $(awk '$1 ~ /^freed_/ { print $1 }' stdout)
    is "freed functions" "$1" '[.calls[] | select(.name | startswith("freed_"))] | length'
}
