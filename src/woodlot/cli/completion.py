"""This file is `woodlot completion`: what a shell needs to complete the command."""

from typing import Annotated, Literal

from cyclopts import Parameter

# The script defines a function and leaves it at that; zsh has to be told, whether it sources the file or autoloads it.
_ZSH_ENDS = """
if [[ "${funcstack[1]}" == "_woodlot" ]]; then
  _cyclopts_woodlot "$@"
else
  compdef _cyclopts_woodlot woodlot
fi
"""


def completion(
    shell: Annotated[Literal["bash", "zsh", "fish"], Parameter(help="Which shell.")],
    /,
) -> None:
    """Print the completion script of a shell.

    bash: woodlot completion bash > ~/.local/share/bash-completion/completions/woodlot

    zsh: woodlot completion zsh > "${fpath[1]}/_woodlot"

    fish: woodlot completion fish > ~/.config/fish/completions/woodlot.fish

    Example: woodlot completion bash
    """
    from woodlot.cli.app import build

    print(build().generate_completion(prog_name="woodlot", shell=shell) + (_ZSH_ENDS if shell == "zsh" else ""))
