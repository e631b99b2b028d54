# Makes the completion for bash from what parse.awk tells; after words.awk.

BEGIN { FS = "\t" }

function quote(text) {
    gsub(/'/, "'\\''", text)
    return "'" text "'"
}

$1 == "command" {
    command = $2
    if (command != "")
        commands = commands (commands == "" ? "" : " ") command
}
$1 == "synopsis" && !(command in operand) { operand[command] = operand_of($2) }
$1 == "option" {
    for (i = 2; i <= 3; i++) {
        if ($i == "")
            continue
        all[command] = all[command] (all[command] == "" ? "" : " ") $i
        if ($4 != "" && $4 !~ /^\[/)
            values = values "    " quote(command " " $i) ") words=" quote(choices($4)) \
                " kind=" quote(kind_of($4)) " ;;\n"
    }
}
END {
    print "# Completion of residue for bash. Made by scripts/help-pages from residue's --help texts."
    print ""
    print "# What the option $2 of the command $1 takes: words to choose from, and the kind of anything else."
    print "# False: it takes nothing."
    print "_residue_value() {"
    print "    case \"$1 $2\" in"
    printf "%s", values
    print "    *) return 1 ;;"
    print "    esac"
    print "}"
    print ""
    print "_residue_kind() {"
    print "    case $1 in"
    print "    files) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- \"$2\") ;;"
    print "    folders) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- \"$2\") ;;"
    print "    programs) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -A command -A file -- \"$2\") ;;"
    print "    processes) mapfile -t COMPREPLY < <(cd /proc && compgen -G '[0-9]*' | grep \"^$2\") ;;"
    print "    esac"
    print "}"
    print ""
    print "_residue() {"
    print "    local current=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} words= kind= option= at more"
    print "    COMPREPLY=()"
    print "    if [ \"$COMP_CWORD\" = 1 ]; then"
    print "        mapfile -t COMPREPLY < <(compgen -W " quote(commands " help --help --version") " -- \"$current\")"
    print "        return"
    print "    fi"
    print "    # Bash makes three words of --option=value."
    print "    if [ \"$current\" = = ]; then"
    print "        current="
    print "        option=${COMP_WORDS[COMP_CWORD - 1]}"
    print "    elif [ \"${COMP_WORDS[COMP_CWORD - 1]}\" = = ]; then"
    print "        option=${COMP_WORDS[COMP_CWORD - 2]}"
    print "    else"
    print "        option=${COMP_WORDS[COMP_CWORD - 1]}"
    print "    fi"
    print "    case $command in"
    print "    help)"
    print "        mapfile -t COMPREPLY < <(compgen -W " quote(commands) " -- \"$current\")"
    print "        return"
    print "        ;;"
    count = split(commands, name, " ")
    for (i = 1; i <= count; i++)
        print "    " name[i] ") local options=" quote(all[name[i]]) " operand=" quote(operand[name[i]]) " ;;"
    print "    *) return ;;"
    print "    esac"
    print "    # Behind a program stands what is the program's own."
    print "    if [ \"$operand\" = programs ]; then"
    print "        for ((at = 2; at < COMP_CWORD; at++)); do"
    print "            case ${COMP_WORDS[at]} in"
    print "            --) ((at++)); break ;;"
    print "            -*)"
    print "                _residue_value \"$command\" \"${COMP_WORDS[at]}\" || continue"
    print "                ((at++))"
    print "                [ \"${COMP_WORDS[at]}\" = = ] && ((at++))"
    print "                ;;"
    print "            *) break ;;"
    print "            esac"
    print "        done"
    print "        if [ \"$at\" -lt \"$COMP_CWORD\" ]; then"
    print "            if declare -F _command_offset >/dev/null; then _command_offset \"$at\"; else _residue_kind files \"$current\"; fi"
    print "            return"
    print "        fi"
    print "    fi"
    print "    words= kind="
    print "    if _residue_value \"$command\" \"$option\"; then"
    print "        _residue_kind \"$kind\" \"$current\""
    print "        mapfile -t more < <(compgen -W \"$words\" -- \"$current\")"
    print "        COMPREPLY+=(\"${more[@]}\")"
    print "    elif [[ $current == -* ]]; then"
    print "        mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$current\")"
    print "    else"
    print "        _residue_kind \"$operand\" \"$current\""
    print "    fi"
    print "}"
    print ""
    print "complete -F _residue residue"
}
