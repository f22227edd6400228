"""TAB, in the shells themselves."""

import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mnistcli.cli import COMMANDS

COMPLETIONS = Path(__file__).resolve().parents[1] / "completions"
FILES = {"bash": "mnistcli.bash", "zsh": "_mnistcli", "fish": "mnistcli.fish"}


@pytest.mark.parametrize("shell", FILES)
def test_the_stored_script_is_the_freshly_generated_one(mnistcli, shell):
    fresh = mnistcli(_MNISTCLI_COMPLETE=f"{shell}_source")
    assert (COMPLETIONS / FILES[shell]).read_text() == fresh.stdout, "run `make completions`"


@pytest.fixture
def home(runs_dir, pictures, tmp_path):
    """A folder to press TAB in: a run, a picture, and mnistcli on the PATH."""
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin" / "mnistcli"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m mnistcli "$@"\n')
    command.chmod(0o755)
    (tmp_path / "runs").symlink_to(runs_dir)
    shutil.copy(pictures / "3.png", tmp_path / "three.png")
    return tmp_path


def environment(home):
    path = f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "HOME": str(home), "TERM": "xterm"}


def press_in_bash(home, line):
    """Return what bash would offer: its completion function's, else its own of files."""
    script = r"""
        source "$1"
        # TAB asks `complete` how; COMP_WORDS and COMP_CWORD are bash's own split of the line.
        read -ra COMP_WORDS <<< "$2"
        [[ $2 == *' ' ]] && COMP_WORDS+=('')
        COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 )) COMP_LINE=$2 COMP_POINT=${#2}
        compopt() { [[ $2 == default ]] && files=1; [[ $2 == dirnames ]] && folders=1; :; }
        _mnistcli_completion mnistcli "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        (( ${#COMPREPLY[@]} )) && printf '%s\n' "${COMPREPLY[@]}"
        [[ ${files-} ]] && compgen -f -- "${COMP_WORDS[COMP_CWORD]}"
        [[ ${folders-} ]] && compgen -d -- "${COMP_WORDS[COMP_CWORD]}"
        exit 0
    """
    result = subprocess.run(
        ["bash", "--norc", "-c", script, "bash", COMPLETIONS / "mnistcli.bash", line],
        capture_output=True,
        text=True,
        check=True,
        cwd=home,
        env=environment(home),
    )
    return result.stdout.split("\n")[:-1]


def press_in_fish(home, line):
    """Return what fish offers, without its descriptions."""
    script = 'source $argv[1]; complete --do-complete "$argv[2]"'
    result = subprocess.run(
        ["fish", "--no-config", "-c", script, COMPLETIONS / "mnistcli.fish", line],
        capture_output=True,
        text=True,
        check=True,
        cwd=home,
        env=environment(home),
    )
    return [offer.split("\t")[0] for offer in result.stdout.splitlines()]


ZSH = r"""
    zmodload zsh/zpty
    zpty shell "zsh -f -i"
    zpty -w shell "PS1= PS2= RPS1=; fpath=($1 \$fpath); autoload -U compinit; compinit -u -D"
    zpty -w shell "zstyle ':completion:*' list-separator ''; LISTMAX=0; setopt no_beep"
    # What would be offered is printed, one a line, instead of shown.
    zpty -w shell 'compadd() {
        if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then builtin compadd "$@"; return $?; fi
        typeset -a __hits; builtin compadd -A __hits "$@"; builtin compadd "$@"
        local __hit; for __hit in $__hits; do print -r -- "OFFER:$__hit:" >> $OFFERS; done
    }'
    zpty -w shell 'finish() { print done >> $OFFERS }; zle -N finish; bindkey "^X" finish'
    zpty -n -w shell "$2"$'\t\x18'
    while ! grep -q '^done$' $OFFERS 2>/dev/null; do zpty -r -t shell _ || :; done
    zpty -d shell
"""


def press_in_zsh(home, line):
    """Return what zsh offers."""
    offers = home / "offers"
    subprocess.run(
        ["zsh", "-f", "-c", ZSH, "zsh", COMPLETIONS, line],
        capture_output=True,
        check=True,
        cwd=home,
        timeout=120,
        env={**environment(home), "OFFERS": str(offers)},
    )
    found = [text for text in offers.read_text().splitlines() if text.startswith("OFFER:")]
    return [text.removeprefix("OFFER:").removesuffix(":") for text in found]


# What macOS's bash, 3.2, lacks: it knows no -o nosort, and no compopt.
OLD_BASH = """
    enable -n compopt
    complete() {
        [[ " $* " == *" nosort "* ]] && { echo "complete: nosort: invalid option name" >&2; return 2; }
        builtin complete "$@"
    }
    source "$1"
    [[ $(builtin complete -p mnistcli) == *_mnistcli_completion* ]] || exit 1
    read -ra COMP_WORDS <<< "$2"
    [[ $2 == *' ' ]] && COMP_WORDS+=('')
    COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
    _mnistcli_completion mnistcli "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
    (( ${#COMPREPLY[@]} )) && printf '%s\\n' "${COMPREPLY[@]}"
    exit 0
"""


def press_in_old_bash(home, line):
    """Return what a bash without `nosort` and `compopt` would offer."""
    result = subprocess.run(
        ["bash", "--norc", "-c", OLD_BASH, "bash", COMPLETIONS / "mnistcli.bash", line],
        capture_output=True,
        text=True,
        check=True,
        cwd=home,
        env=environment(home),
    )
    assert result.stderr == ""
    return result.stdout.splitlines()


SHELLS = {
    "bash": press_in_bash,
    "old bash": press_in_old_bash,
    "zsh": press_in_zsh,
    "fish": press_in_fish,
}


@pytest.fixture(params=SHELLS)
def press(request, home):
    """Press TAB at the end of a line in each shell, and return what is offered."""
    if not shutil.which(request.param.removeprefix("old ")):
        pytest.skip(f"{request.param} is not installed")
    return lambda line: SHELLS[request.param](home, line)


@pytest.fixture
def press_once(home):
    """Press TAB in one shell: what is offered, all get from the same place."""
    return lambda line: press_in_bash(home, line)


def test_tab_completes_commands(press):
    assert press("mnistcli ev") == ["evaluate"]


def test_tab_on_nothing_lists_all_commands(press):
    assert sorted(press("mnistcli ")) == sorted(COMMANDS)


def test_tab_completes_options(press_once):
    assert press_once("mnistcli train --optim") == ["--optimizer"]


def test_tab_completes_the_values_of_an_option(press):
    assert sorted(press("mnistcli train --optimizer ada")) == [
        "adadelta",
        "adafactor",
        "adagrad",
        "adam",
        "adamax",
        "adamw",
    ]


def test_tab_knows_that_a_picture_may_show_any_number_of_digits(press_once):
    assert press_once("mnistcli predict --digits a") == ["any"]


def test_tab_completes_the_names_of_runs(press_once):
    assert press_once("mnistcli evaluate fi") == ["first"]


def test_tab_completes_the_name_of_the_run_to_predict_with(press_once):
    assert press_once("mnistcli predict --run fi") == ["first"]


def test_tab_completes_picture_files(press):
    assert press("mnistcli predict thr") == ["three.png"]


def test_tab_on_nothing_that_fits_offers_nothing(press):
    assert press("mnistcli train --optimizer xyz") == []


def test_tab_prints_nothing_on_the_terminal(home):
    """Whatever went wrong, a person's command line is not the place to say it."""
    ours, theirs = pty.openpty()
    result = subprocess.run(
        ["mnistcli"],
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={
            **environment(home),
            "_MNISTCLI_COMPLETE": "bash_complete",
            "COMP_WORDS": "mnistcli evaluate x",
            "COMP_CWORD": "2",
            "MNISTCLI_RUNS_DIR": "/nowhere",
        },
        check=False,
    )
    os.set_blocking(ours, False)
    with pytest.raises(BlockingIOError):
        os.read(ours, 1)
    os.close(ours)
    os.close(theirs)
    assert result.returncode == 0
