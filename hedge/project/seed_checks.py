"""What can be wrong with the seeds of a project, found in the files alone, with file and line.

Neither dbt nor a database is needed, so that a slip is found before anything is built.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

import yaml

from hedge.errors import HedgeError

#: How many faults are told at once.
MOST = 10


@dataclass(frozen=True)
class Line:
    """A row of a seed, and where it stands."""

    file: str
    number: int
    values: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.values.get(column) or ""

    def fault(self, sentence: str) -> str:
        """A sentence about this row."""
        return f"{self.file}:{self.number}: {sentence}"


def require_sound(project: Path) -> None:
    """Raise a HedgeError that names what is wrong with the seeds, a line for each."""
    found = faults(project)
    if found:
        rest = [f"and {len(found) - MOST} more"] if len(found) > MOST else []
        raise HedgeError("\n".join([*found[:MOST], *rest]))


def faults(project: Path) -> list[str]:
    """All that is wrong, each as `file:line: what is wrong and what to do`."""
    broken = [fault for file in sorted((project / "seeds").glob("*.csv")) for fault in _shape(file)]
    if broken:
        # what lacks a column cannot be looked up
        return broken
    return [
        *_metrics(project),
        *_challenges(project),
        *_tiers(project),
        *_weights(project),
    ]


def _read(project: Path, seed: str) -> list[Line]:
    file = project / "seeds" / f"{seed}.csv"
    if not file.is_file():
        return []
    with file.open(newline="", encoding="utf-8") as lines:
        reader = csv.DictReader(lines)
        return [Line(f"seeds/{file.name}", reader.line_num, row) for row in reader]


def _shape(file: Path) -> Iterator[str]:
    with file.open(newline="", encoding="utf-8") as lines:
        reader = csv.reader(lines)
        header = next(reader, [])
        for row in reader:
            if row and len(row) != len(header):
                yield (
                    f"seeds/{file.name}:{reader.line_num}: {len(row)} values for the "
                    f"{len(header)} columns of the first line: put a value with a comma in quotes"
                )


def _metrics(project: Path) -> Iterator[str]:
    sources = _sources(project)
    for metric in _read(project, "metrics"):
        source, key = metric["metric_source"], metric["metric_key"]
        if source not in sources:
            yield metric.fault(
                f"no metric source {source}: name one of metric_sources in dbt_project.yml, "
                "or add it there"
            )
        elif key not in (columns := _columns(project, source)):
            yield metric.fault(
                f"models/metrics/{source}.yml has no column {key}: the metric source has "
                f"{', '.join(columns) or 'none'}"
            )


def _sources(project: Path) -> list[str]:
    variables = yaml.safe_load((project / "dbt_project.yml").read_text())["vars"]
    return variables["metric_sources"] + variables["derived_metric_sources"]


def _columns(project: Path, source: str) -> list[str]:
    """The metric keys of a source, as its contract has them."""
    file = project / "models" / "metrics" / f"{source}.yml"
    if not file.is_file():
        return []
    (model,) = yaml.safe_load(file.read_text())["models"]
    names = [column["name"] for column in model["columns"]]
    return [name for name in names if name not in ("cluster_id", "window_key")]


def _challenges(project: Path) -> Iterator[str]:
    metrics = {(row["metric_source"], row["metric_key"]) for row in _read(project, "metrics")}
    categories = {row["key"] for row in _read(project, "categories")}
    rungs = {row["challenge_key"] for row in _read(project, "challenge_tiers")}
    seen: dict[str, int] = {}
    for challenge in _read(project, "challenges"):
        key, metric = challenge["key"], (challenge["metric_source"], challenge["metric_key"])
        if key in seen:
            yield challenge.fault(f"challenge {key} stands in line {seen[key]} already")
        seen.setdefault(key, challenge.number)
        if metric not in metrics:
            yield challenge.fault(
                f"challenge {key} counts {'.'.join(metric)}, which no line of "
                "seeds/metrics.csv has: name a metric of that file, or add it there"
            )
        if challenge["category_key"] not in categories:
            yield challenge.fault(
                f"challenge {key} has no category {challenge['category_key']}: name one of "
                "seeds/categories.csv"
            )
        if key not in rungs:
            yield challenge.fault(
                f"challenge {key} has no rung: add one to seeds/challenge_tiers.csv"
            )


def _tiers(project: Path) -> Iterator[str]:
    challenges = {row["key"] for row in _read(project, "challenges")}
    ladders: dict[str, list[tuple[Decimal, Decimal, Line]]] = {}
    for tier in _read(project, "challenge_tiers"):
        challenge, code = tier["challenge_key"], tier["tier_code"]
        if challenge not in challenges:
            yield tier.fault(
                f"tier {code} is of challenge {challenge}, which seeds/challenges.csv lacks"
            )
        place, threshold = _number(tier["sort_order"]), _number(tier["threshold_value"])
        if place is None:
            yield tier.fault(f"the sort_order '{tier['sort_order']}' is not a number")
        elif threshold is None or threshold <= 0:
            yield tier.fault(
                f"the threshold '{tier['threshold_value']}' of {challenge} {code} is not a "
                "number above zero"
            )
        else:
            ladders.setdefault(challenge, []).append((place, threshold, tier))
    for challenge, ladder in ladders.items():
        yield from _ladder(challenge, sorted(ladder, key=lambda rung: rung[:2]))


def _ladder(challenge: str, rungs: list[tuple[Decimal, Decimal, Line]]) -> Iterator[str]:
    codes: set[str] = set()
    below: tuple[Decimal, Decimal, Line] | None = None
    for place, threshold, tier in rungs:
        code = tier["tier_code"]
        if code in codes:
            yield tier.fault(f"challenge {challenge} has the tier {code} twice")
        codes.add(code)
        if below is not None and place == below[0]:
            yield tier.fault(
                f"{challenge} {code} has the sort_order {place} of {below[2]['tier_code']}: "
                "each rung has its own"
            )
        elif below is not None and threshold <= below[1]:
            yield tier.fault(
                f"the threshold {threshold} of {challenge} {code} is not above the {below[1]} of "
                f"{below[2]['tier_code']} (line {below[2].number}), the rung below: thresholds "
                "rise with sort_order"
            )
        below = (place, threshold, tier)


def _weights(project: Path) -> Iterator[str]:
    metrics = {(row["metric_source"], row["metric_key"]) for row in _read(project, "metrics")}
    for weight in _read(project, "mastery_weights"):
        metric = (weight["metric_source"], weight["metric_key"])
        if metric not in metrics:
            yield weight.fault(
                f"{weight['score']} weighs {'.'.join(metric)}, which no line of "
                "seeds/metrics.csv has"
            )


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
