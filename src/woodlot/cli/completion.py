"""This file is `woodlot completion`: what a shell needs to complete the command."""

from typing import Annotated, Literal

from cyclopts import Parameter


def completion(
    shell: Annotated[Literal["bash", "zsh", "fish"], Parameter(help="Which shell.")],
    /,
) -> None:
    """Print the completion script of a shell.

    bash: woodlot completion bash > ~/.local/share/bash-completion/completions/woodlot

    Example: woodlot completion bash
    """
    from woodlot.cli.app import build

    print(build().generate_completion(prog_name="woodlot", shell=shell))
