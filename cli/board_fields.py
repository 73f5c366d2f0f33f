"""The options that set the fields of a board."""

from typing import Annotated, Any, cast

import typer

from hedge import boards
from hedge.boards import OrderingKey
from hedge.errors import UsageError
from hedge.ids import LARGEST_INTEGER

Name = Annotated[str | None, typer.Option(help="The name that players read.")]
Description = Annotated[str | None, typer.Option(help="The description that players read.")]
Category = Annotated[str | None, typer.Option(help="A category of the catalogue.")]
Metric = Annotated[
    str | None,
    typer.Option(
        metavar="SOURCE.KEY",
        help="The metric to rank by: onchain_pvp.wins, season_progress.SEASON or"
        " challenge_progress.total_score.",
    ),
]
OrderingKeys = Annotated[
    list[str] | None,
    typer.Option(
        "--key",
        metavar="SOURCE.KEY [asc|desc]",
        help="A metric to rank by and its direction, desc unless told otherwise; repeated up to"
        " four times, a later one decides where all before are equal. Instead of --metric and"
        " --tiebreaker.",
    ),
]
Ranking = Annotated[
    str | None,
    typer.Option(
        metavar="RANKING",
        help="How ranks count where clusters are equal: dense (1, 1, 2), standard (1, 1, 3) or row"
        " (1, 2, 3).",
    ),
]
LastKey = Annotated[
    str | None,
    typer.Option(
        "--last-key",
        metavar="cluster_id",
        help="What decides between equals with --ranking row; an empty text removes it.",
    ),
]
Tiebreaker = Annotated[
    str | None,
    typer.Option(
        metavar="[SOURCE.]KEY", help="The metric that breaks ties; an empty text removes it."
    ),
]
Window = Annotated[
    str | None,
    typer.Option(
        metavar="WINDOW", help="The kind of period: DAILY, WEEKLY, MONTHLY, SEASON or ALL_TIME."
    ),
]
MaxEntries = Annotated[
    int | None,
    typer.Option(min=1, max=LARGEST_INTEGER, help="The largest number of entries."),
]
VerifiedOnly = Annotated[
    bool | None,
    typer.Option(
        "--verified-only/--everybody",
        help="Rank only clusters whose wallets are all verified, or all clusters.",
    ),
]
Public = Annotated[
    bool | None,
    typer.Option("--public/--private", help="Whether the API shows the board to everybody."),
]
Active = Annotated[
    bool | None, typer.Option("--active/--inactive", help="Whether --due computes the board.")
]

CorrectedFor = Annotated[
    int | None,
    typer.Option(
        "--corrected-for",
        metavar="DAYS",
        min=0,
        max=3650,
        help="How many days after its end a period is computed again by --due where its facts have"
        " changed; 7 unless told otherwise.",
    ),
]
Frozen = Annotated[
    bool | None,
    typer.Option(
        "--frozen/--not-frozen",
        help="Never compute a closed period again, for example because it gave prizes.",
    ),
]


def changes_of(
    *,
    metric: str | None,
    tiebreaker: str | None,
    ordering_keys: list[str] | None,
    last_key: str | None,
    category: str | None,
    window: str | None,
    public: bool | None,
    active: bool | None,
    corrected_for: int | None,
    frozen: bool | None,
    **others: object,
) -> dict[str, Any]:
    """The fields of a board that the options set; `others` have the names of their fields."""
    fields = others | {
        "category_key": category,
        "time_window": window and window.upper(),
        "is_public": public,
        "is_active": active,
        "corrected_for_days": corrected_for,
        "is_frozen": frozen,
    }
    changed = {name: value for name, value in fields.items() if value is not None}
    if last_key is not None:
        changed["last_key"] = last_key or None
    if ordering_keys:
        if metric is not None or tiebreaker is not None:
            raise UsageError("--key names the metrics: leave --metric and --tiebreaker out")
        changed |= boards.fields_of_keys([_ordering_key(text) for text in ordering_keys])
    if metric is not None:
        source, metric_key = _metric(metric)
        changed |= {"metric_source": source, "metric_key": metric_key}
    if tiebreaker is not None:
        first, dot, rest = tiebreaker.partition(".")
        changed |= {
            "fallback_metric_source": first if dot else None,
            "fallback_metric_key": (rest if dot else first) or None,
        }
    return changed


def _metric(text: str) -> tuple[str, str]:
    source, dot, metric_key = text.partition(".")
    if not (source and dot and metric_key):
        raise UsageError(f"'{text}' is not a metric such as onchain_pvp.wins")
    return source, metric_key


def _ordering_key(text: str) -> OrderingKey:
    """A key such as `onchain_pvp.wins desc`; without a direction it is desc."""
    metric, _, direction = text.strip().partition(" ")
    source, metric_key = _metric(metric)
    # boards.add refuses any other word
    given = cast(boards.Direction, direction.strip().lower() or "desc")
    return OrderingKey(metric_source=source, metric_key=metric_key, direction=given)
