"""Checks of the seeds of a project. Each fault names its file and line.

They read files only and need neither dbt nor a database, so that a mistake is reported before
anything is built.
"""

import csv
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

import yaml

from hedge.errors import HedgeError, listed
from hedge.project import files, seed_keys


@dataclass(frozen=True)
class SeedRow:
    """A row of a seed with its file and line number."""

    file: str
    number: int
    values: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.values.get(column) or ""

    def fault(self, sentence: str) -> str:
        """A sentence about this row, preceded by its file and line number."""
        return f"{self.file}:{self.number}: {sentence}"


def require_sound(project: Path) -> None:
    """Raise a HedgeError that lists the faults of the seeds, one per line."""
    found = faults(project)
    if found:
        raise HedgeError("\n".join(listed(found)))


def faults(project: Path) -> list[str]:
    """All faults of the seeds, each as `file:line: what is wrong and what to do`."""
    seeds = sorted((project / "seeds").glob("*.csv"))
    misshapen = [fault for file in seeds for fault in _row_length_faults(file)]
    if misshapen:
        # The other checks read columns by name, which a row of another length does not have.
        return misshapen
    return [
        *_metric_faults(project),
        *_challenge_faults(project),
        *_tier_faults(project),
        *_weight_faults(project),
        *seed_keys.faults(project),
    ]


def _seed_rows(project: Path, seed: str) -> list[SeedRow]:
    """The rows of a seed; none where the project does not have it."""
    file = project / "seeds" / f"{seed}.csv"
    if not file.is_file():
        return []
    with file.open(newline="", encoding="utf-8") as lines:
        reader = csv.DictReader(lines)
        return [SeedRow(f"seeds/{file.name}", reader.line_num, row) for row in reader]


def _row_length_faults(file: Path) -> Iterator[str]:
    """Rows that have more or fewer values than the header has columns."""
    with file.open(newline="", encoding="utf-8") as lines:
        reader = csv.reader(lines)
        header = next(reader, [])
        for row in reader:
            if row and len(row) != len(header):
                yield (
                    f"seeds/{file.name}:{reader.line_num}: {len(row)} values for the "
                    f"{len(header)} columns of the first line: put a value with a comma in quotes"
                )


def _metric_faults(project: Path) -> Iterator[str]:
    """Metrics that no metric source computes."""
    sources = files.metric_sources(project)
    keys = functools.cache(_metric_keys)
    for metric in _seed_rows(project, "metrics"):
        source, key = metric["metric_source"], metric["metric_key"]
        if source not in sources:
            yield metric.fault(
                f"no metric source {source}: name one of metric_sources in dbt_project.yml, "
                "or add it there"
            )
        elif key not in (columns := keys(project, source)):
            yield metric.fault(
                f"models/metrics/{source}.yml has no column {key}: the metric source has "
                f"{', '.join(columns) or 'none'}"
            )


def _metric_keys(project: Path, source: str) -> list[str]:
    """The metric keys of a metric source, from its contract."""
    # The folder of metric sources may have folders of its own.
    file = next((project / "models" / "metrics").glob(f"**/{source}.yml"), None)
    if file is None:
        return []
    (model,) = yaml.safe_load(file.read_text())["models"]
    names = [column["name"] for column in model["columns"]]
    return [name for name in names if name not in ("cluster_id", "window_key")]


def _metrics(project: Path) -> set[tuple[str, str]]:
    """Source and key of every metric of the seed."""
    rows = _seed_rows(project, "metrics")
    return {(row["metric_source"], row["metric_key"]) for row in rows}


def _challenge_faults(project: Path) -> Iterator[str]:
    """Challenges that are listed twice, or lack their metric, category or tiers."""
    metrics = _metrics(project)
    categories = {row["key"] for row in _seed_rows(project, "categories")}
    with_tiers = {row["challenge_key"] for row in _seed_rows(project, "challenge_tiers")}
    lines: dict[str, int] = {}
    for challenge in _seed_rows(project, "challenges"):
        key, metric = challenge["key"], (challenge["metric_source"], challenge["metric_key"])
        if key in lines:
            yield challenge.fault(f"challenge {key} stands in line {lines[key]} already")
        lines.setdefault(key, challenge.number)
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
        if key not in with_tiers:
            yield challenge.fault(
                f"challenge {key} has no tier: add one to seeds/challenge_tiers.csv"
            )


def _tier_faults(project: Path) -> Iterator[str]:
    """Tiers of unknown challenges, values that are no numbers, and ladders that do not rise."""
    challenges = {row["key"] for row in _seed_rows(project, "challenges")}
    #: sort_order, threshold and row of each tier
    ladders: dict[str, list[tuple[Decimal, Decimal, SeedRow]]] = {}
    for tier in _seed_rows(project, "challenge_tiers"):
        challenge, code = tier["challenge_key"], tier["tier_code"]
        if challenge not in challenges:
            yield tier.fault(
                f"tier {code} is of challenge {challenge}, which seeds/challenges.csv lacks"
            )
        sort_order, threshold = _number(tier["sort_order"]), _number(tier["threshold_value"])
        if sort_order is None:
            yield tier.fault(f"the sort_order '{tier['sort_order']}' is not a number")
        elif threshold is None or threshold <= 0:
            yield tier.fault(
                f"the threshold '{tier['threshold_value']}' of {challenge} {code} is not a "
                "number above zero"
            )
        else:
            ladders.setdefault(challenge, []).append((sort_order, threshold, tier))
    for challenge, ladder in ladders.items():
        yield from _ladder_faults(challenge, sorted(ladder, key=lambda tier: tier[:2]))


def _ladder_faults(challenge: str, ladder: list[tuple[Decimal, Decimal, SeedRow]]) -> Iterator[str]:
    """Tiers of one challenge that share a code or a sort_order, or whose thresholds do not rise
    with it."""
    codes: set[str] = set()
    below: tuple[Decimal, Decimal, SeedRow] | None = None
    for sort_order, threshold, tier in ladder:
        code = tier["tier_code"]
        if code in codes:
            yield tier.fault(f"challenge {challenge} has the tier {code} twice")
        codes.add(code)
        if below is not None and sort_order == below[0]:
            yield tier.fault(
                f"{challenge} {code} has the sort_order {sort_order} of {below[2]['tier_code']}: "
                "each tier has its own"
            )
        elif below is not None and threshold <= below[1]:
            yield tier.fault(
                f"the threshold {threshold} of {challenge} {code} is not above the {below[1]} of "
                f"{below[2]['tier_code']} (line {below[2].number}), the tier below: thresholds "
                "rise with sort_order"
            )
        below = (sort_order, threshold, tier)


def _weight_faults(project: Path) -> Iterator[str]:
    """Mastery weights of metrics that do not exist."""
    metrics = _metrics(project)
    for weight in _seed_rows(project, "mastery_weights"):
        metric = (weight["metric_source"], weight["metric_key"])
        if metric not in metrics:
            yield weight.fault(
                f"{weight['score']} weighs {'.'.join(metric)}, which no line of "
                "seeds/metrics.csv has"
            )


def _number(text: str) -> Decimal | None:
    """A finite number; None where the text is not one."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
