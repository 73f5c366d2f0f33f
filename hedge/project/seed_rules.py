"""What the seeds must satisfy together that their schema cannot say: metrics are columns of models,
challenges have tiers, thresholds and levels rise, renames lead to what exists. Those of leagues are
in league_rules, and those of facts of logs in fact_rules."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import groupby, pairwise
from pathlib import Path

from hedge.project import fact_rules, files, league_rules
from hedge.project.seed_files import Fault, Row, SeedFile
from hedge.suggestions import did_you_mean

#: The columns of a metric source that are no metrics.
_KEYS = ("cluster_id", "window_key")


def faults(
    project: Path, seeds: dict[str, SeedFile], *, are_facts_made: bool = True
) -> Iterator[Fault]:
    """The faults of rows that are sound by themselves; where are_facts_made is false, without those
    of events whose facts nothing makes yet."""
    yield from _metric_faults(project, seeds)
    yield from _challenges_without_tiers(seeds)
    yield from _rising_faults(_rows(seeds, "challenge_tiers"))
    yield from _level_faults(_rows(seeds, "season_levels"))
    yield from _weight_faults(_rows(seeds, "code_values"))
    yield from _rename_faults(seeds)
    if _are_whole(seeds, "leagues", "league_points"):
        yield from league_rules.faults(project, seeds["leagues"].rows, seeds["league_points"].rows)
    if are_facts_made and _are_whole(seeds, "chain_events", "chain_fact_tables"):
        yield from fact_rules.faults(
            project, seeds["chain_events"].rows, seeds["chain_fact_tables"].rows
        )


def metric_keys(project: Path, source: str) -> list[str]:
    """The metric keys of a metric source, from its contract; none where it has no YAML."""
    # The folder of metric sources may have folders of its own.
    file = next((project / "models" / "metrics").glob(f"**/{source}.yml"), None)
    if file is None:
        return []
    path = file.relative_to(project).as_posix()
    models = files.read_yaml(project, path).get("models") or ()
    return [
        column["name"]
        for model in models
        for column in model.get("columns") or ()
        if column["name"] not in _KEYS
    ]


def _rows(seeds: dict[str, SeedFile], seed: str) -> list[Row]:
    return seeds[seed].rows if seed in seeds else []


def _are_whole(seeds: dict[str, SeedFile], *names: str) -> bool:
    """Whether all rows of some seeds could be read."""
    return all(name in seeds and seeds[name].is_whole for name in names)


def _metric_faults(project: Path, seeds: dict[str, SeedFile]) -> Iterator[Fault]:
    """Metrics that no metric source computes."""
    sources = files.metric_sources(project)
    keys = {source: metric_keys(project, source) for source in sources}
    for metric in _rows(seeds, "metrics"):
        if not metric.is_sound(("metric_source", "metric_key")):
            continue
        source, key = metric["metric_source"], metric["metric_key"]
        if source not in sources:
            yield metric.fault(
                f"no metric source {source}: name one of metric_sources in dbt_project.yml, "
                f"or add it there{did_you_mean(source, sources)}"
            )
        elif key not in (columns := keys[source]):
            yield metric.fault(
                f"models/metrics/{source}.yml has no column {key}: the metric source has "
                f"{', '.join(columns) or 'none'}{did_you_mean(key, columns)}"
            )


def _challenges_without_tiers(seeds: dict[str, SeedFile]) -> Iterator[Fault]:
    if "challenge_tiers" not in seeds or not seeds["challenge_tiers"].is_whole:
        return
    with_tiers = {tier["challenge_key"] for tier in seeds["challenge_tiers"].rows}
    for challenge in _rows(seeds, "challenges"):
        key = challenge["key"]
        if key not in with_tiers and challenge.is_sound(("key",)):
            yield challenge.fault(
                f"challenge {key} has no tier: add one to seeds/challenge_tiers.csv"
            )


def _rising_faults(tiers: list[Row]) -> Iterator[Fault]:
    """Tiers whose threshold is not above that of the tier below."""
    needed = ("challenge_key", "sort_order", "threshold_value")
    ordered = sorted(
        (tier for tier in tiers if tier.is_sound(needed)),
        key=lambda tier: (
            tier["challenge_key"],
            Decimal(tier["sort_order"]),
            Decimal(tier["threshold_value"]),
        ),
    )
    found = []
    for challenge, ladder in groupby(ordered, key=lambda tier: tier["challenge_key"]):
        for below, tier in pairwise(ladder):
            if Decimal(below["sort_order"]) == Decimal(tier["sort_order"]):
                # the seed's schema demands that they differ
                continue
            if Decimal(tier["threshold_value"]) <= Decimal(below["threshold_value"]):
                found.append(
                    tier.fault(
                        f"the threshold {tier['threshold_value']} of {challenge} "
                        f"{tier['tier_code']} is not above the {below['threshold_value']} of "
                        f"{below['tier_code']} (line {below.line}), the tier below: thresholds "
                        "rise with sort_order"
                    )
                )
    yield from sorted(found, key=lambda fault: fault.line)


def _level_faults(levels: list[Row]) -> Iterator[Fault]:
    """Levels of a season that do not begin at zero points, or do not rise."""
    sound = [level for level in levels if level.is_sound(("level", "points_required"))]
    ordered = sorted(sound, key=lambda level: Decimal(level["level"]))
    if ordered and Decimal(ordered[0]["points_required"]) != 0:
        yield ordered[0].fault(
            f"the lowest level {ordered[0]['level']} requires {ordered[0]['points_required']} "
            "points: it must require 0, at which everybody begins"
        )
    for below, level in pairwise(ordered):
        if Decimal(level["points_required"]) <= Decimal(below["points_required"]):
            yield level.fault(
                f"the {level['points_required']} points of level {level['level']} are not above "
                f"the {below['points_required']} of level {below['level']} (line {below.line})"
            )


def _weight_faults(values: list[Row]) -> Iterator[Fault]:
    """Weights of kinds that are no numbers of at least 0."""
    for value in values:
        if value["code"].endswith("_weight") and value.is_sound(("code", "meaning")):
            try:
                weight = Decimal(value["meaning"])
            except ArithmeticError:
                weight = Decimal("NaN")
            if not (weight.is_finite() and weight >= 0):
                yield value.fault(
                    f"the {value['code']} of {value['value']} is '{value['meaning']}', "
                    "not a number of at least 0"
                )


#: The seeds of what can be renamed, with the columns that make its name.
_NAMED = {
    "challenge": ("challenges", ("key",)),
    "tier": ("challenge_tiers", ("challenge_key", "tier_code")),
    "metric": ("metrics", ("metric_source", "metric_key")),
}


def _rename_faults(seeds: dict[str, SeedFile]) -> Iterator[Fault]:
    """Renames to a name that nothing has, and of tiers from one challenge to another."""
    for row in _rows(seeds, "renames"):
        if not row.is_sound(("kind", "old_name", "new_name")):
            continue
        kind, old, new = row["kind"], row["old_name"], row["new_name"]
        seed, columns = _NAMED[kind]
        form = ".".join(column.upper() for column in columns)
        wrong = [name for name in (old, new) if name.count(".") != len(columns) - 1]
        if wrong:
            yield row.fault(f"'{wrong[0]}' is no name of a {kind}, which is written as {form}")
        elif old == new:
            yield row.fault(f"the {kind} {old} is renamed to itself: delete the line")
        elif kind == "tier" and old.split(".")[0] != new.split(".")[0]:
            yield row.fault(
                f"the tier {old} becomes one of another challenge, {new}: name the challenge in "
                "both as it is called now"
            )
        elif seed in seeds and seeds[seed].is_whole:
            known = [".".join(other[name] for name in columns) for other in seeds[seed].rows]
            if new not in known:
                yield row.fault(
                    f"seeds/{seed}.csv has no {kind} {new}: name what {old} is called now, or "
                    f"delete the line{did_you_mean(new, known)}"
                )
