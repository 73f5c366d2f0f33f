"""Questions of commands that destroy or change much."""

import sys

import typer

from hedge.errors import UsageError


def require_yes(question: str, refused: str, *, does: str) -> None:
    """Ask a question on standard error. Where the answer is no, a UsageError says what was not done
    (refused); where nobody can be asked, also what --yes does without a question."""
    if not sys.stdin.isatty():
        raise UsageError(f"{refused}: --yes {does} without a question")
    try:
        if typer.confirm(question, err=True):
            return
    except typer.Abort:
        pass
    raise UsageError(refused)
