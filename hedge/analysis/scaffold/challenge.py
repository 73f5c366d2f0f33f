"""The scaffold of a challenge: its row and the rows of its tiers."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from hedge.analysis.scaffold.writing import require_name, with_rows, write
from hedge.errors import UsageError
from hedge.project import seed_checks, seed_files, template
from hedge.suggestions import did_you_mean

#: The thresholds of a ladder until it is calibrated.
THRESHOLDS = tuple(map(Decimal, (1, 10, 50, 200)))
#: The tiers of a ladder; a feat, which is reached or not, has one.
_LADDER = (("BASIC", "Basic"), ("ADVANCED", "Advanced"), ("ELITE", "Elite"), ("EXALTED", "Exalted"))
_FIVE = (
    ("COMMON", "Common"),
    ("UNCOMMON", "Uncommon"),
    ("RARE", "Rare"),
    ("LEGENDARY", "Legendary"),
    ("MYTHIC", "Mythic"),
)
_FEAT = (("MYTHIC", "Unlocked"),)
_TIERS = {len(tiers): tiers for tiers in (_FEAT, _LADDER, _FIVE)}
#: The metric_type of a challenge by the kind of its metric.
_TYPES = {"boolean": "BOOLEAN", "streak": "STREAK", "score": "SCORE"}


@dataclass(frozen=True)
class NewChallenge:
    """What was written: the challenge, its metric, its tiers' codes, and the changed files."""

    challenge_key: str
    metric: str
    tiers: list[str]
    files: list[str]


def new_challenge(
    key: str,
    metric: str,
    category: str,
    name: str | None = None,
    description: str | None = None,
    thresholds: Sequence[Decimal] | None = None,
) -> NewChallenge:
    """Add a challenge on a metric (SOURCE.METRIC) to the seeds, last in its category.

    A metric that is true or false has one tier, other metrics have four, or as many as there are
    thresholds (1, 4 or 5, rising). A key that exists, and an unknown metric or category, are a
    UsageError, and nothing is written. No database is needed.
    """
    project = template.editable()
    seed_checks.require_sound(project)
    require_name(key)
    challenges = seed_files.rows(project, "challenges")
    for row in challenges:
        if row["key"] == key:
            raise UsageError(f"challenge {key} exists already: {row.file}:{row.line}")
    metrics = {
        f"{row['metric_source']}.{row['metric_key']}": row
        for row in seed_files.rows(project, "metrics")
    }
    if metric not in metrics:
        raise UsageError(f"no metric {metric}{did_you_mean(metric, metrics)}")
    categories = [row["key"] for row in seed_files.rows(project, "categories")]
    if category not in categories:
        raise UsageError(
            f"no category {category}{did_you_mean(category, categories)}: "
            f"there are {', '.join(categories)}"
        )
    is_feat = metrics[metric]["kind"] == "boolean"
    values = list(thresholds or ([Decimal(1)] if is_feat else THRESHOLDS))
    if len(values) not in _TIERS:
        raise UsageError(f"{len(values)} thresholds make no ladder: give 1, 4 or 5")
    source, _, metric_key = metric.partition(".")
    places = [int(row["sort_order"]) for row in challenges if row["category_key"] == category]
    words = key.replace("_", " ")
    challenge = [
        *(key, category, name or words.title()),
        description or f"{metrics[metric]['definition'].rstrip('.')}.",
        _TYPES.get(metrics[metric]["kind"], "COUNT"),
        *(source, metric_key, "live", max(places, default=0) + 1, "trophy", ""),
    ]
    codes = _TIERS[len(values)]
    tiers = [
        [key, code, shown, f"{value:f}", place, str(place == len(codes)).lower()]
        for place, ((code, shown), value) in enumerate(zip(codes, values, strict=True), start=1)
    ]
    texts = {
        "seeds/challenges.csv": with_rows(project, "challenges", [challenge]),
        "seeds/challenge_tiers.csv": with_rows(project, "challenge_tiers", tiers),
    }
    return NewChallenge(key, metric, [code for code, _ in codes], write(project, texts))
