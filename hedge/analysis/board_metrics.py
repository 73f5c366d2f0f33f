"""The metrics by which a board ranks, in the columns of a row of app.board_metrics.

Every ordering key has two columns, which are null where the board has fewer keys: the source, and
the key of the metric in it.
"""

from collections.abc import Mapping
from typing import Any

#: How the columns of the first to the fourth ordering key begin.
PLACES = ("", "fallback_", "third_", "fourth_")


def of(board: Mapping[str, Any]) -> dict[str, str]:
    """The metrics of a board, each as SOURCE.METRIC, by the place of its ordering key."""
    return {
        place: f"{source}.{board[f'{place}metric_key']}"
        for place in PLACES
        if (source := board[f"{place}metric_source"]) is not None
    }


def at(place: str, metric: str) -> dict[str, str]:
    """The columns of a metric, given as SOURCE.METRIC, at the place of an ordering key."""
    source, key = metric.split(".")
    return {f"{place}metric_source": source, f"{place}metric_key": key}


def sources(board: Mapping[str, Any]) -> set[str]:
    """The metric sources of a board."""
    return {metric.split(".")[0] for metric in of(board).values()}
