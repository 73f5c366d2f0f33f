"""Copies of the project that a test edits."""

import shutil
from pathlib import Path

from tests import PROJECT


def copy_project(folder: Path) -> Path:
    """Copy the dbt project of the repository into a new folder; returns the folder."""
    for part in ("models", "macros", "seeds", "tests/dbt"):
        shutil.copytree(PROJECT / part, folder / part)
    for file in ("dbt_project.yml", "profiles.example.yml"):
        shutil.copyfile(PROJECT / file, folder / file)
    return folder


def edit(file: Path, old: str, new: str) -> None:
    """Replace a text that is in a file once."""
    text = file.read_text()
    assert text.count(old) == 1
    file.write_text(text.replace(old, new))


def fan_out(project: Path, copies: int = 3) -> None:
    """Let every ranked match count several times, as after a join with more than one partner."""
    edit(
        project / "models" / "metrics" / "onchain_pvp.sql",
        "select * from {{ ref('pvp_matches') }}\n",
        "select played.* from {{ ref('pvp_matches') }} as played\n"
        f"    cross join generate_series(1, {copies})\n",
    )
