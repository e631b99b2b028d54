# Reads usage texts (their form: analyzer/commands.h), each led by a line "\f NAME<tab>SUMMARY", and
# tells what is in them, a record a line, fields between tabs:
#
#   command NAME SUMMARY       begins one; NAME is empty for `residue` itself
#   synopsis TEXT
#   text TEXT                  a paragraph
#   code TEXT                  a line as it is
#   group TEXT                 options of a kind follow
#   option SHORT LONG VALUE TEXT
#   section TITLE TEXT         as "Exit status"

function flush_all() {
    if (what == "option")
        print "option\t" short "\t" long "\t" value "\t" text
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

# "-o, --output TRACE    where" or "--all  also": the specification ends at two blanks.
function begin_option(line,    end, spec, words, count, i, word) {
    flush_all()
    sub(/^ +/, "", line)
    what = "option"
    short = long = value = ""
    end = match(line, /  +/)
    spec = end ? substr(line, 1, end - 1) : line
    text = end ? substr(line, end + RLENGTH) : ""
    count = split(spec, words, /[ =]/)
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
    # LETTER=FOLDER is one value.
    if (value ~ / / && spec ~ /[A-Z]=[A-Z]/)
        gsub(/ /, "=", value)
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
what == "option" && /^        / { add($0); next }
/^  / { flush_all(); print "code\t" substr($0, 3); next }
/^[A-Z][a-z ]*:$/ { flush_all(); print "group\t" substr($0, 1, length($0) - 1); next }
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
