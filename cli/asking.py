"""Questions of commands that destroy or change much."""

import sys

import typer

from hedge.errors import UsageError


def require_yes(question: str, refused: str, *, does: str = "does it") -> None:
    """Ask a question on standard error. Where the answer is no, a UsageError says what was not done
    (refused); where nobody can be asked, also that --yes does it without a question."""
    if not sys.stdin.isatty():
        raise UsageError(f"{refused}: --yes {does} without a question")
    try:
        if typer.confirm(question, err=True):
            return
    except typer.Abort:
        pass
    raise UsageError(refused)
