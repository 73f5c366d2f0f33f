"""What an edited project must have, beside what dbt demands: the metrics by which boards rank, its
metric sources in their folder, and models with the facts that evidence names."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import psycopg
from psycopg.rows import dict_row

from hedge.analysis import board_metrics, described
from hedge.analysis.renames import Rename, renamed_boards
from hedge.errors import HedgeError
from hedge.queries import query
from hedge.runs import ParsedProject
from hedge.suggestions import did_you_mean

_CHANGE_IT = (
    "change the board (hedge boards edit {board} --metric SOURCE.METRIC) or "
    "end it (hedge boards edit {board} --inactive)"
)
_CURE = (
    "the project lacks: name its new name in seeds/renames.csv; or keep that metric, add the new "
    f"one beside it and deploy both; then {_CHANGE_IT}, and remove the old metric with the next "
    "deploy"
)
_CURE_OF_UNDO = f"the earlier definitions lack: {_CHANGE_IT}, then undo the deploy"
#: What boards can rank by that is no metric source.
_MARTS = ("season_progress", "challenge_progress")


def require_metrics_of_boards(
    connection: psycopg.Connection,
    old: ParsedProject | None,
    new: ParsedProject,
    renames: Sequence[Rename],
    *,
    is_undo: bool = False,
) -> None:
    """Raise a HedgeError where an active board ranks by a metric that an edit takes away: the new
    project lacks it, also by the name that renames give it, and the old one, if it is known, has
    it."""
    with connection.cursor(row_factory=dict_row) as cursor:
        boards = cursor.execute(query("active_boards")).fetchall()
    after = renamed_boards(boards, renames)
    require_metrics(
        new,
        (
            changed
            for board, changed in zip(boards, after, strict=True)
            if old is None or not any(_lacking(old, board))
        ),
        _CURE_OF_UNDO if is_undo else _CURE,
    )


def require_metrics(
    project: ParsedProject, boards: Iterable[Mapping[str, Any]], cure: str = _CURE
) -> None:
    """Raise a HedgeError where a project lacks a metric by which a board ranks. Boards are rows
    of app.board_metrics. cure says what to do about it, with {board} for its key."""
    for board in boards:
        for metric in _lacking(project, board):
            key = board["leaderboard_key"]
            raise HedgeError(f"board {key} ranks by {metric}, which {cure.format(board=key)}")


def _lacking(project: ParsedProject, board: Mapping[str, Any]) -> list[str]:
    """The metrics of a board that a project lacks, each as source.key."""
    found = []
    for metric in board_metrics.of(board).values():
        source, key = metric.split(".")
        if source in _MARTS:
            continue
        model = project.manifest.nodes.get(f"model.hedge.{source}")
        if model is None or key not in model.columns:
            found.append(metric)
    return found


def require_sources_in_their_folder(project: ParsedProject) -> None:
    """Raise a HedgeError where a metric source is outside of models/metrics."""
    variables = project.variables
    for source in (*variables["metric_sources"], *variables["derived_metric_sources"]):
        model = project.manifest.nodes.get(f"model.hedge.{source}")
        if model is not None and not model.file.startswith("models/metrics/"):
            raise HedgeError(
                f"{model.file}: {source} is a metric source, and models/metrics is "
                "the folder that gives it its contract and the function by which runs read it: "
                "move it there, or to a folder in it"
            )


def require_facts_of_evidence(project: ParsedProject) -> None:
    """Raise a HedgeError where the evidence of a metric does not name a model whose YAML describes
    facts."""
    variables, nodes = project.variables, project.manifest.nodes
    with_facts = [node.name for node in nodes.values() if node.meta.get("facts")]
    for source in (*variables["metric_sources"], *variables["derived_metric_sources"]):
        node = nodes.get(f"model.hedge.{source}")
        if node is None:
            continue
        for metric, column in node.columns.items():
            evidence = column.meta.get("evidence")
            if not evidence:
                continue
            named = evidence.get("facts") if isinstance(evidence, Mapping) else None
            model, facts = described.facts(nodes, str(named))
            if not isinstance(facts, Mapping):
                file = node.file.removesuffix(".sql")
                raise HedgeError(
                    f"{file}.yml: the evidence of {source}.{metric} names "
                    f"the facts of {model}, which is no model with an entry `facts` in its meta"
                    f"{did_you_mean(model, with_facts)}"
                )
