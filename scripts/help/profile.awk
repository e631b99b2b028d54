# Makes residue-profile(5) from the comment in include/residue/profile.h that begins with "Profile text".
# There, what is indented by two blanks is a statement, by more what is said of it; a line of a statement
# that begins with a bracket goes on.

function rich(text) {
    gsub(/\\/, "\\e", text)
    gsub(/-/, "\\-", text)
    gsub(/'/, "\\(aq", text)
    while (match(text, /`[^`]+`/))
        text = substr(text, 1, RSTART - 1) "\\fB" substr(text, RSTART + 1, RLENGTH - 2) "\\fP" \
            substr(text, RSTART + RLENGTH)
    return text ~ /^[.]/ ? "\\&" text : text
}

# A statement, its first word in bold; under the same text as the one before, unless a line parts them.
function put_tag(    line) {
    line = rich(tag)
    match(line, /^[^ ]+/)
    print (parted ? ".TP" : ".TQ")
    print "\\fB" substr(line, 1, RLENGTH) "\\fP" substr(line, RLENGTH + 1)
    tag = ""
    parted = 0
}

BEGIN {
    print ".\\\" Made by scripts/help-pages from include/residue/profile.h."
    print ".TH RESIDUE\\-PROFILE 5 \"" date "\" \"" rich(version) "\" \"Residue\""
    print ".SH NAME"
    print "residue\\-profile \\- what Residue watches: the functions of an API and what they acquire"
    print ".SH DESCRIPTION"
    print "A profile is a text file given to"
    print ".BR residue\\-run (1)"
    print "by"
    print ".BR \\-\\-profile ."
}
/^ \* Profile text/ { on = 1 }
!on { next }
/^ \*\// { exit }
{ sub(/^ \* ?/, "") }
/^ +\[/ && tag != "" { sub(/^ +/, ""); tag = tag " " $0; next }
tag != "" { put_tag() }
/^$/ { parted = 1; next }
/^  [^ ]/ { tag = substr($0, 3); next }
/^    / { sub(/^ +/, ""); print rich($0); next }
{
    print (parted ? ".PP\n" : "") rich($0)
    parted = 0
}
END {
    print ".SH SEE ALSO"
    print ".BR residue (1),"
    print ".BR residue\\-run (1)"
}
