# What completions of both shells have in common: which kind of thing a value is. "files", "folders",
# "processes", "programs", "" = nobody can tell; words to choose from are kept apart.

function kind_of(value) {
    if (value ~ /=/)
        return ""
    if (value ~ /(^|[^A-Z])(TRACE|FILE|PROFILE|BASELINE|DATABASE|REPORT|LIMITS|BEFORE|AFTER)([^A-Z]|$)/)
        return "files"
    if (value ~ /FOLDER|DIRECTORY/)
        return "folders"
    if (value ~ /^(PID|PROCESS-ID)$/)
        return "processes"
    if (value ~ /^(PROGRAM|COMMAND)$/)
        return "programs"
    return ""
}

# "text|json" are words; "none|FILE" is a word and a file's name.
function choices(value,    words, count, i, out) {
    if (value !~ /\|/)
        return ""
    count = split(value, words, /\|/)
    for (i = 1; i <= count; i++)
        if (words[i] ~ /^[a-z0-9-]+$/)
            out = out (out == "" ? "" : " ") words[i]
    return out
}

# Of what a synopsis has beside options.
function operand_of(synopsis) {
    if (synopsis ~ /PROGRAM/)
        return "programs"
    sub(/^residue [a-z-]*/, "", synopsis)
    gsub(/--?[a-z-]+ [A-Z]+/, "", synopsis)
    gsub(/\[OPTION\]\.\.\./, "", synopsis)
    if (synopsis ~ /PID|PROCESS-ID/)
        return "processes"
    return kind_of(synopsis)
}
