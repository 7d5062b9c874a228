"""``completion``: what a shell needs to complete commands, options and the names of tasks."""

from __future__ import annotations

import click

from .names import COMPLETION

PROGRAM = "jupyter-scheduler-ext"
INSTALL = {
    "bash": 'eval "$(jupyter-scheduler-ext completion bash)"   # in ~/.bashrc',
    "zsh": 'eval "$(jupyter-scheduler-ext completion zsh)"    # in ~/.zshrc, below compinit',
    "fish": "jupyter-scheduler-ext completion fish | source   # in ~/.config/fish/config.fish",
}


BASH = """\
_jupyter_scheduler_ext_completion() {
    local IFS=$'\\n' response type value
    response=$(COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD=$COMP_CWORD %(complete_var)s=bash_complete "$1")
    while IFS=',' read -r type value; do
        case $type in
            dir) COMPREPLY=(); compopt -o dirnames ;;
            file) COMPREPLY=(); compopt -o default ;;
            plain)
                [[ ${COMP_WORDS[COMP_CWORD]} == [\\"\\']* ]] || printf -v value %%q "$value"
                COMPREPLY+=("$value") ;;
        esac
    done <<< "$response"
}
complete -o nosort -F _jupyter_scheduler_ext_completion %(prog_name)s 2> /dev/null ||
    complete -F _jupyter_scheduler_ext_completion %(prog_name)s
"""
"""Click's own script inserts a name with blanks as several words."""


@click.command(epilog="\b\n" + "\n".join(INSTALL.values()))
@click.argument("shell", type=click.Choice(tuple(INSTALL)))
def completion(shell: str) -> None:
    """Print the completion script of a shell, for the command as `jupyter-scheduler-ext` (with the dash)."""
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    root = click.get_current_context().find_root().command
    if found is not None:
        # The script alone: the class's own `source` first runs bash to ask for its version.
        made = found(root, {}, PROGRAM, COMPLETION)
        click.echo((BASH if shell == "bash" else made.source_template) % made.source_vars())
