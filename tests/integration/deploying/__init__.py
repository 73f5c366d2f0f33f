"""Deploys: what they refuse, and what readers see of them."""

from pathlib import Path


def edit(file: Path, old: str, new: str) -> None:
    """Replace the only occurrence of a text in a file."""
    text = file.read_text()
    assert text.count(old) == 1, (file.name, old, text.count(old))
    file.write_text(text.replace(old, new))
