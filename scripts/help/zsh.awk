# Makes the completion for zsh from what parse.awk tells; after words.awk.

BEGIN {
    FS = "\t"
    does["files"] = "_files"
    does["folders"] = "_files -/"
    does["processes"] = "_pids"
    does["programs"] = "_command_names -e"
}

# Within an _arguments specification, in single quotes.
function quote(text) {
    gsub(/\\/, "\\\\", text)
    gsub(/\[/, "\\[", text)
    gsub(/\]/, "\\]", text)
    gsub(/:/, "\\:", text)
    gsub(/'/, "'\\''", text)
    return text
}

function first_words(text) {
    sub(/ \(.*/, "", text)
    sub(/[;,:.] .*/, "", text)
    sub(/\.$/, "", text)
    return text
}

function value_of(value,    words, more) {
    if (value == "")
        return ""
    words = choices(value)
    more = does[kind_of(value)]
    if (words != "" && more != "")
        return ":" tolower(quote(value)) ":{ compadd -- " words "; " more " }"
    return ":" tolower(quote(value)) ":" (words != "" ? "(" words ")" : more == "" ? " " : more)
}

function option(short, long, value, text,    spec, often) {
    if (value ~ /^\[/) # may be left out, and stands behind = alone
        return "'" long "=-[" quote(first_words(text)) "]::" tolower(substr(value, 3, length(value) - 3)) ": '"
    often = text ~ /several times|repeated/ ? "*" : ""
    spec = "[" quote(first_words(text)) "]" value_of(value)
    if (short != "" && long != "")
        return "'" (often ? "*" : "(" short " " long ")") "'{" short (value == "" ? "" : "+") "," long (value == "" ? "" : "=") "}'" spec "'"
    if (short != "")
        return "'" often short (value == "" ? "" : "+") spec "'"
    return "'" often long (value == "" ? "" : "=") spec "'"
}

$1 == "command" {
    command = $2
    if (command != "") {
        names[++count] = command
        summaries[command] = $3
    }
}
$1 == "synopsis" && !(command in operand) { operand[command] = operand_of($2) }
$1 == "option" { options[command] = options[command] " \\\n            " option($2, $3, $4, $5) }
END {
    print "#compdef residue"
    print "# Completion of residue for zsh. Made by scripts/help-pages from residue's --help texts."
    print ""
    print "_residue() {"
    print "    local curcontext=$curcontext state line"
    print "    typeset -A opt_args"
    print "    local -a subcommands=("
    for (i = 1; i <= count; i++)
        print "        '" quote(names[i]) ":" quote(summaries[names[i]]) "'"
    print "        'help:tell about a command'"
    print "    )"
    print "    _arguments -C '(- *)--help[print help]' '(- *)--version[print the version]' \\"
    print "        '1:command:->command' '*::argument:->argument'"
    print "    case $state in"
    print "    command) _describe -t commands command subcommands ;;"
    print "    argument)"
    print "        case $words[1] in"
    print "        help) _describe -t commands command subcommands ;;"
    for (i = 1; i <= count; i++) {
        printf "        %s)\n            _arguments -s -S%s", names[i], options[names[i]]
        if (operand[names[i]] == "programs")
            print " \\\n            '(-)1:program: _command_names -e' '*::argument: _normal'"
        else if (operand[names[i]] != "")
            print " \\\n            '*:" operand[names[i]] ":" does[operand[names[i]]] "'"
        else
            print ""
        print "            ;;"
    }
    print "        esac"
    print "        ;;"
    print "    esac"
    print "}"
    print ""
    print "_residue \"$@\""
}
