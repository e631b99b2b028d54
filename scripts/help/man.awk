# Makes the man pages of section 1 in `folder` from what parse.awk tells; `version` and `date` are for
# their margins.

BEGIN { FS = "\t" }

# Nothing in a text is a request or an escape.
function escape(text) {
    gsub(/\\/, "\\e", text)
    gsub(/-/, "\\-", text)
    gsub(/'/, "\\(aq", text)
    return text
}
function plain(text) {
    return (text ~ /^\./ ? "\\&" : "") escape(text)
}

# The same with `commands`, --options and $VARIABLES in bold.
function rich(text,    out, at) {
    while (match(text, /`[^`]+`|--[a-z][a-z-]*|\$[A-Z_]+/)) {
        at = substr(text, RSTART, RLENGTH)
        if (at ~ /^`/)
            at = substr(at, 2, length(at) - 2)
        out = out escape(substr(text, 1, RSTART - 1)) "\\fB" escape(at) "\\fP"
        text = substr(text, RSTART + RLENGTH)
    }
    out = out escape(text)
    return (out ~ /^\./ ? "\\&" : "") out
}

function sentence(text) {
    return rich(toupper(substr(text, 1, 1)) substr(text, 2) (text ~ /[.:)]$/ ? "" : "."))
}

function put(line) { print line >page }

# A text, in lines of no more than 78 bytes where it has blanks.
function put_text(text,    at) {
    while (length(text) > 78) {
        for (at = 78; at > 1 && substr(text, at, 1) != " "; at--)
            ;
        if (at == 1 && !(at = index(text, " ")))
            break
        put(substr(text, 1, at - 1))
        text = substr(text, at + 1)
        if (text ~ /^\./)
            text = "\\&" text
    }
    put(text)
}

function section(name) {
    if (open != name)
        put(".SH " name)
    open = name
}

# What ends a page: the others.
function finish(    i) {
    if (!page)
        return
    if (command == "")
        commands()
    section("SEE ALSO")
    for (i = 0; i <= count; i++)
        if (names[i] != command)
            put(".BR " (names[i] == "" ? "residue" : "residue\\-" names[i]) " (1),")
    put(".BR residue\\-profile (5)")
    close(page)
}

function commands(    i) {
    section("COMMANDS")
    for (i = 1; i <= count; i++) {
        put(".TP\n.BR residue\\-" names[i] " (1)")
        put_text(rich(summaries[names[i]]) ".")
    }
}

# Twice through the records: who the others are must be known.
pass == 1 {
    if ($1 == "command") {
        summaries[$2] = $3
        if ($2 != "")
            names[++count] = $2
        else
            names[0] = ""
    }
    next
}
chosen && $1 != "choice" {
    put(".RE")
    chosen = 0
}
in_code && $1 != "code" {
    put(".RE\n.fi")
    in_code = 0
}
$1 == "command" {
    finish()
    command = $2
    title = command == "" ? "residue" : "residue-" command
    page = folder "/" title ".1"
    open = ""
    printf "" >page
    put(".\\\" Made by scripts/help-pages from residue " command " --help.")
    put(".TH " toupper(plain(title)) " 1 \"" date "\" \"" plain(version) "\" \"Residue\"")
    section("NAME")
    put(plain(title) " \\- " plain($3))
}
$1 == "synopsis" {
    if (open == "SYNOPSIS")
        put(".br")
    section("SYNOPSIS")
    put(rich($2))
}
$1 == "text" {
    again = open == "DESCRIPTION"
    section("DESCRIPTION")
    if (again)
        put(".PP")
    put_text(rich($2))
}
# The commands have a section of their own.
$1 == "code" && command != "" {
    if (open != "OPTIONS")
        section("DESCRIPTION")
    put((in_code ? "" : ".PP\n.nf\n.RS\n") plain($2))
    in_code = 1
}
$1 == "group" {
    section("OPTIONS")
    put(".SS " plain($2))
}
$1 == "option" {
    section("OPTIONS")
    put(".TP")
    put(($2 == "" ? "" : "\\fB" plain($2) "\\fP" ($3 == "" ? "" : ", ")) \
        ($3 == "" ? "" : "\\fB" plain($3) "\\fP") ($4 == "" ? "" : ($4 ~ /^\[/ ? "" : " ") "\\fI" plain($4) "\\fP"))
    put_text($5 == "" ? "\\&" : sentence($5))
}
$1 == "choice" {
    put((chosen ? "" : ".RS\n") ".TP\n\\fB" plain($2) "\\fP")
    put_text(sentence($3))
    chosen = 1
}
$1 == "section" {
    section(toupper($2))
    put_text(rich($3))
}
END { finish() }
