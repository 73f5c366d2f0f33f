"""What an edit changes in words only: units and descriptions, which no number shows."""

import csv
from pathlib import Path

from hedge.dbt_runner import Manifest
from hedge.errors import listed
from hedge.runs import ParsedProject


def notes(old: ParsedProject, new: ParsedProject) -> list[str]:
    """Units of metrics that change, and descriptions of models, seeds and their columns that are
    removed or changed, as sentences."""
    descriptions = _descriptions(old.manifest, new.manifest)
    return [*_units(old.folder, new.folder), *listed(descriptions, "descriptions")]


def _units(old: Path, new: Path) -> list[str]:
    before, after = _units_of(old), _units_of(new)
    return [
        f"{metric}: the unit {before[metric]} becomes {unit}, and the values stay as they are"
        for metric, unit in after.items()
        if before.get(metric, unit) != unit
    ]


def _units_of(project: Path) -> dict[str, str]:
    """The unit of each metric, by source.key."""
    file = project / "seeds" / "metrics.csv"
    if not file.is_file():
        return {}
    with file.open(newline="", encoding="utf-8") as lines:
        return {
            f"{row.get('metric_source')}.{row.get('metric_key')}": row.get("unit") or ""
            for row in csv.DictReader(lines)
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
