_mnistcli_completion() {
    local IFS=$'\n' response completion type value
    response=$(env COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD=$COMP_CWORD _MNISTCLI_COMPLETE=bash_complete $1)
    COMPREPLY=()
    for completion in $response; do
        IFS=',' read -r type value <<< "$completion"
        case $type in
            plain) COMPREPLY+=("$value") ;;
            dir) _mnistcli_completion_of dirnames -d ;;
            file) _mnistcli_completion_of default -f ;;
        esac
    done
    return 0
}

# bash before 4 has no compopt: what it would find is found here.
_mnistcli_completion_of() {
    compopt -o "$1" 2>/dev/null ||
        COMPREPLY+=($(compgen "$2" -- "${COMP_WORDS[COMP_CWORD]}"))
}

# Before 4.4 it sorts what it is offered.
complete -o nosort -F _mnistcli_completion mnistcli 2>/dev/null ||
    complete -F _mnistcli_completion mnistcli
