"""``completion``: what a shell needs to complete commands, options and the names of tasks."""

from __future__ import annotations

import click

from .names import COMPLETION

PROGRAM = "jupyter-scheduler-ext"
INSTALL = {
    "bash": 'eval "$(jupyter-scheduler-ext completion bash)"   # in ~/.bashrc',
    "zsh": 'eval "$(jupyter-scheduler-ext completion zsh)"    # in ~/.zshrc',
    "fish": "jupyter-scheduler-ext completion fish | source   # in ~/.config/fish/config.fish",
}


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
        click.echo(made.source_template % made.source_vars())
