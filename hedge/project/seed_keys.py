"""Rows of seeds that repeat a key, and weights below zero."""

import csv
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path

from hedge.project import files


def faults(project: Path) -> list[str]:
    """Rows that share a key with an earlier row, and negative weights, each as `file:line: what is
    wrong`. The keys of each seed are the variable seed_keys of dbt_project.yml; every row of a
    seed has as many values as its header."""
    keys: dict[str, list[list[str]]] = files.variables(project).get("seed_keys") or {}
    found: list[str] = []
    for seed, of_seed in keys.items():
        file = project / "seeds" / f"{seed}.csv"
        # Challenges and tiers have checks of their own, which say more.
        if file.is_file() and seed not in ("challenges", "challenge_tiers"):
            for columns in of_seed:
                found += _repeated(file, columns)
    return [*found, *_negative_weights(project / "seeds" / "mastery_weights.csv")]


def _rows(file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """The line number and the values of each row."""
    with file.open(newline="", encoding="utf-8") as lines:
        reader = csv.DictReader(lines)
        for row in reader:
            yield reader.line_num, row


def _repeated(file: Path, columns: list[str]) -> Iterator[str]:
    lines: dict[tuple[str, ...], int] = {}
    for number, row in _rows(file):
        key = tuple((row.get(column) or "").strip() for column in columns)
        if key in lines:
            words = ", ".join(
                f"{column} {value}" for column, value in zip(columns, key, strict=True)
            )
            yield (
                f"seeds/{file.name}:{number}: {words} stands in line {lines[key]} already: "
                "delete one of the two lines"
            )
        lines.setdefault(key, number)


def _negative_weights(file: Path) -> Iterator[str]:
    if not file.is_file():
        return
    for number, row in _rows(file):
        text = row.get("weight")
        if text is None:
            # dbt says what a column that is missing means
            return
        try:
            weight = Decimal(text)
        except InvalidOperation:
            weight = Decimal("NaN")
        if not weight.is_finite() or weight < 0:
            yield (
                f"seeds/{file.name}:{number}: the weight '{text}' of {row.get('metric_source')}."
                f"{row.get('metric_key')} in {row.get('score')} is not a number of zero or more"
            )
