# Reads usage texts (their form: analyzer/commands.h), each led by a line "\f NAME<tab>SUMMARY", and
# tells what is in them, a record a line, fields between tabs:
#
#   command NAME SUMMARY       begins one; NAME is empty for `residue` itself
#   synopsis TEXT
#   text TEXT                  a paragraph
#   code TEXT                  a line as it is
#   group TEXT                 options of a kind follow
#   option SHORT LONG VALUE TEXT    VALUE is "[=SIZE]" where it may be left out
#   choice WORD TEXT           a word that the option before may be given
#   section TITLE TEXT         as "Exit status"

function flush_all(    i) {
    if (what == "option") {
        print "option\t" short "\t" long "\t" value "\t" text
        for (i = 1; i <= chosen; i++)
            print "choice\t" choice[i] "\t" choice_text[i]
    }
    else if (what == "section")
        print "section\t" title "\t" text
    else if (what == "text")
        print "text\t" text
    what = text = ""
}

function add(more) {
    sub(/^ +/, "", more)
    text = text == "" ? more : text " " more
}

# "pprof        for go tool pprof": the words that an option may be given are its value.
function add_choice(word, more) {
    value = chosen ? value "|" word : word
    choice[++chosen] = word
    choice_text[chosen] = more
}

# "-o, --output TRACE    where" or "--all  also": the specification ends at two blanks, or at one behind a
# value in capitals that left no room for two.
function begin_option(line,    end, spec, words, count, i, word) {
    flush_all()
    sub(/^ +/, "", line)
    what = "option"
    short = long = value = ""
    chosen = 0
    if (match(line, /  +/)) {
        spec = substr(line, 1, RSTART - 1)
        text = substr(line, RSTART + RLENGTH)
    } else if (match(line, /^(-[a-zA-Z], )?--?[a-z-]+ [^ ]*[A-Z|][^ ]* [a-z]/)) {
        spec = substr(line, 1, RLENGTH - 2)
        text = substr(line, RLENGTH)
    } else {
        spec = line
        text = ""
    }
    if (match(spec, /\[=[^]]*\]$/)) { # what may be left out
        value = substr(spec, RSTART)
        spec = substr(spec, 1, RSTART - 1)
    }
    count = split(spec, words, / /)
    for (i = 1; i <= count; i++) {
        word = words[i]
        sub(/,$/, "", word)
        if (word ~ /^--/)
            long = word
        else if (word ~ /^-/)
            short = word
        else
            value = value == "" ? word : value " " word
    }
    if (value ~ /^[a-z][a-z0-9-]*$/) { # the first of several words, each with a text
        add_choice(value, text)
        text = ""
    }
}

/^\f/ {
    flush_all()
    sub(/^\f ?/, "")
    split($0, head, "\t")
    print "command\t" head[1] "\t" head[2]
    usage = 1
    next
}
usage && /^(usage:|      ) residue/ {
    sub(/^(usage:|      ) /, "")
    print "synopsis\t" $0
    next
}
{ usage = 0 }
/^$/ { flush_all(); next }
/^ +-/ { begin_option($0); next }
what == "option" && /^        +[a-z][a-z0-9-]*  +[^ ]/ {
    sub(/^ +/, "")
    match($0, /  +/)
    add_choice(substr($0, 1, RSTART - 1), substr($0, RSTART + RLENGTH))
    next
}
what == "option" && /^        / && chosen { sub(/^ +/, ""); choice_text[chosen] = choice_text[chosen] " " $0; next }
what == "option" && /^        / { add($0); next }
/^  / { flush_all(); print "code\t" substr($0, 3); next }
/^[A-Z].*:$/ { flush_all(); print "group\t" substr($0, 1, length($0) - 1); next }
/^(Exit status|Environment|Files|Examples?): / {
    flush_all()
    what = "section"
    title = substr($0, 1, index($0, ":") - 1)
    text = substr($0, index($0, ":") + 2)
    text = toupper(substr(text, 1, 1)) substr(text, 2)
    next
}
{
    if (what != "text" && what != "section") {
        flush_all()
        what = "text"
    }
    add($0)
}
END { flush_all() }
