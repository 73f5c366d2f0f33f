"""Copies of the project that a test edits, and small projects that it writes."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from tests import PROJECT

#: What a copy has in addition to the dbt project, so that commands run in it.
PROGRAM = ("cli", "hedge", "api")
#: dbt's data tests, and the generic ones among them, which the YAML of models names.
DATA_TESTS = "tests/dbt"
GENERIC_TESTS = f"{DATA_TESTS}/generic"


def copy_project(folder: Path, *more: str) -> Path:
    """Copy the dbt project of the repository, and more of its folders, into a new folder; returns
    that."""
    for part in ("models", "macros", "seeds", GENERIC_TESTS, *more):
        shutil.copytree(PROJECT / part, folder / part, dirs_exist_ok=True)
    for file in ("dbt_project.yml", "profiles.example.yml"):
        shutil.copyfile(PROJECT / file, folder / file)
    return folder


def write_files(folder: Path, files: Mapping[str, str]) -> Path:
    """Write files, by their paths in a folder, and make the folders that they need; returns the
    folder."""
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder


def edit(file: Path, old: str, new: str) -> None:
    """Replace a text that is in a file once."""
    text = file.read_text()
    assert text.count(old) == 1, (file.name, old, text.count(old))
    file.write_text(text.replace(old, new))


def fan_out(project: Path, copies: int = 3) -> None:
    """Let every ranked match count several times, as after a join with more than one partner."""
    edit(
        project / "models" / "metrics" / "onchain_pvp.sql",
        "select * from {{ ref('pvp_matches') }}\n",
        "select played.* from {{ ref('pvp_matches') }} as played\n"
        f"    cross join generate_series(1, {copies})\n",
    )
