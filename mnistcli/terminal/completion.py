"""TAB in bash, also in the one of macOS: Click's own script needs bash 4.4, this one 3.2."""

from typing import ClassVar

from click.shell_completion import BashComplete, ShellComplete, add_completion_class

SCRIPT = """\
%(complete_func)s() {
    local IFS=$'\\n' response completion type value
    response=$(env COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD=$COMP_CWORD %(complete_var)s=bash_complete $1)
    COMPREPLY=()
    for completion in $response; do
        IFS=',' read -r type value <<< "$completion"
        case $type in
            plain) COMPREPLY+=("$value") ;;
            dir) %(complete_func)s_of dirnames -d ;;
            file) %(complete_func)s_of default -f ;;
        esac
    done
    return 0
}

# bash before 4 has no compopt: what it would find is found here.
%(complete_func)s_of() {
    compopt -o "$1" 2>/dev/null ||
        COMPREPLY+=($(compgen "$2" -- "${COMP_WORDS[COMP_CWORD]}"))
}

# Before 4.4 it sorts what it is offered.
complete -o nosort -F %(complete_func)s %(prog_name)s 2>/dev/null ||
    complete -F %(complete_func)s %(prog_name)s
"""


class Bash(BashComplete):
    """Writes that script, whichever bash is at hand."""

    source_template: ClassVar[str] = SCRIPT

    def source(self) -> str:
        """Return the script."""
        return ShellComplete.source(self)


add_completion_class(Bash)
