"""What an edit changes in words only: names, definitions, units and descriptions, which no number
shows."""

from collections.abc import Iterator
from pathlib import Path

from hedge.dbt_runner import Manifest
from hedge.errors import listed
from hedge.project import csv_files
from hedge.runs import ParsedProject

#: The columns of seeds that readers see as words, with those that name the row.
_WORDS = {
    "categories": (("key",), ("name",)),
    "challenges": (("key",), ("name", "description")),
    "challenge_tiers": (("challenge_key", "tier_code"), ("display_name",)),
    "metrics": (("metric_source", "metric_key"), ("unit", "definition")),
}


def notes(old: ParsedProject, new: ParsedProject) -> list[str]:
    """Words of seeds that change, and descriptions of models, seeds and their columns that are
    removed or changed, as sentences."""
    descriptions = _descriptions(old.manifest, new.manifest)
    words = [sentence for seed in _WORDS for sentence in _of_seed(seed, old.folder, new.folder)]
    return [*listed(words, "words of seeds"), *listed(descriptions, "descriptions")]


def _of_seed(seed: str, old: Path, new: Path) -> Iterator[str]:
    before = _words_of(seed, old)
    for name, words in _words_of(seed, new).items():
        for column, word in words.items():
            was = before.get(name, words)[column]
            if was == word:
                continue
            if column == "unit":
                yield f"{name}: the unit {was} becomes {word}, and the values stay as they are"
            elif column.endswith("name"):
                yield f"{name}: the name {was} becomes {word}"
            else:
                yield f"{name}: the {column} becomes: {word}"


def _words_of(seed: str, project: Path) -> dict[str, dict[str, str]]:
    """The words of each row of a seed by column, by the name of the row."""
    file = project / "seeds" / f"{seed}.csv"
    if not file.is_file():
        return {}
    names, words = _WORDS[seed]
    return {
        ".".join(row[column] for column in names): {column: row[column] for column in words}
        for row in csv_files.records(str(file), [*names, *words], None)
    }


def _descriptions(old: Manifest, new: Manifest) -> list[str]:
    before, after = _descriptions_of(old), _descriptions_of(new)
    return [
        f"{name}: the description is removed"
        if not after[name]
        else f"{name}: the description changes"
        for name in sorted(before.keys() & after.keys())
        if before[name] and before[name] != after[name]
    ]


def _descriptions_of(manifest: Manifest) -> dict[str, str]:
    """The description of each model and seed and of its columns, by name or name.column. A column
    without an entry has an empty one where the model is described at all."""
    found: dict[str, str] = {}
    for node in manifest.nodes.values():
        if node.is_buildable:
            found[node.name] = node.description.strip()
            for column in node.columns.values():
                found[f"{node.name}.{column.name}"] = column.description.strip()
    return found
