"""The bodies of exclusions, their previews and suspects, which only admins read."""

from datetime import datetime
from typing import Any, Literal

import msgspec

from api.shape import Body, Number, Shape
from hedge.exclusions import Exclusion, NewExclusion
from hedge.exclusions import moves as records
from hedge.exclusions.previews import AskedPreview
from hedge.exclusions.suspects import Verdict

State = Literal["planned", "valid", "ended"]


class AdminExclusion(Shape):
    """A cluster, a wallet or a fact that is taken out of values, with who made and ended it."""

    exclusion_id: int
    subject: str
    target: str
    state: State
    cluster_id: str | None
    wallet_address: str | None
    raw_table: str | None
    fact: dict[str, Any] | None
    metric: str | None
    board_key: str | None
    season_id: str | None
    reason: str
    starts_at: datetime | None
    ends_at: datetime | None
    created_at: datetime | None
    created_by: str
    ended_at: datetime | None
    ended_by: str | None
    end_reason: str | None


class NewAdminExclusion(Body):
    """An exclusion to make: of one cluster, wallet or fact, from one metric, board or season, or
    from everything where none is named."""

    reason: str
    cluster_id: str | None = None
    wallet_address: str | None = None
    raw_table: str | None = None
    fact: dict[str, Any] | None = None
    metric: str | None = None
    board_key: str | None = None
    season_id: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    def record(self) -> NewExclusion:
        """The record of hedge."""
        return NewExclusion(**{name: getattr(self, name) for name in self.__struct_fields__})


class EndOfExclusion(Body):
    """Why an exclusion is ended."""

    reason: str | None = None


class AskedExclusionPreview(Shape):
    """A preview that is asked for: a worker computes it, and lookAt says where it is read."""

    preview_id: int
    look_at: str


class ValueMove(Shape, kw_only=True):
    """A cluster whose value or tier of a challenge would change."""

    cluster_id: str
    challenge_key: str
    challenge: str
    unit: str | None
    value_before: Number
    value_before_text: str = ""
    value_after: Number
    value_after_text: str = ""
    tier_before: str
    tier_after: str
    rolling_before: Number
    rolling_before_text: str = ""
    rolling_after: Number
    rolling_after_text: str = ""
    tier_name_before: str = ""
    tier_name_after: str = ""


class RankMove(Shape, kw_only=True):
    """A cluster whose rank or score on a board would change; null on the side on which the board
    does not list it."""

    board: str
    name: str
    period_start: datetime | None
    period_end: datetime | None
    cluster_id: str
    rank_before: int | None
    rank_after: int | None
    score_before: Number | None
    score_before_text: str | None = None
    score_after: Number | None
    score_after_text: str | None = None


class PointsMove(Shape, kw_only=True):
    """A cluster whose points or level of a season would change."""

    season_id: str
    name: str
    cluster_id: str
    points_before: Number
    points_before_text: str = ""
    points_after: Number
    points_after_text: str = ""
    level_before: int
    level_after: int


class TakenReward(Shape, kw_only=True):
    """A reward that the next run would take back, in its present state, and by which rule."""

    reward_id: int
    season_id: str
    name: str
    quantity: Number
    quantity_text: str = ""
    cluster_id: str
    level: int | None
    rank: int | None
    state: str
    reason: str


class ExclusionMoves(Shape):
    """Who would move, as of the newest run. The totals count all changes, of which the first are
    listed; clusters is how many were compared, null for every one."""

    as_of: datetime
    subject: str
    target: str
    is_end: bool
    clusters: int | None
    values_changed: int
    ranks_changed: int
    points_changed: int
    values: list[ValueMove]
    ranks: list[RankMove]
    points: list[PointsMove]
    rewards: list[TakenReward]


class ExclusionPreview(Shape):
    """A preview that was asked for. moves is null until a worker has computed it; error is why it
    cannot be computed."""

    preview_id: int
    state: Literal["waiting", "done", "failed"]
    asked_at: datetime
    asked_by: str
    moves: ExclusionMoves | None
    error: str | None


class Suspect(Shape):
    """A proposal of a rule that waits for a decision."""

    proposal: str
    rule: str
    cluster_ids: list[str]
    metric: str | None
    facts: int
    first_at: datetime
    last_at: datetime
    reason: str
    details: dict[str, Any]
    dismissed_at: datetime | None
    dismissed_because: str | None


class SuspectDecision(Shape):
    """What was decided about a proposal."""

    decision_id: int
    proposal: str
    rule: str
    cluster_ids: list[str]
    facts: int
    last_at: datetime
    found_reason: str
    decision: Verdict
    exclusion_ids: list[int]
    reason: str
    decided_at: datetime
    decided_by: str


class AcceptedSuspect(Body):
    """How a proposal is accepted: which of its clusters, all where none is named, are excluded from
    what (isFromEverything, or a metric, board or season; without them the metric of the rule), and
    why, by default what the rule says."""

    reason: str = ""
    cluster_ids: list[str] = msgspec.field(default_factory=list)
    is_from_everything: bool = False
    metric: str | None = None
    board_key: str | None = None
    season_id: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    def target(self, of_rule: str | None) -> NewExclusion:
        """What the clusters are excluded from, where the rule proposes a metric, or None."""
        names = ("metric", "board_key", "season_id")
        given = {name: getattr(self, name) for name in names}
        if not (self.is_from_everything or any(given.values())):
            given["metric"] = of_rule
        return NewExclusion(
            reason=self.reason, starts_at=self.starts_at, ends_at=self.ends_at, **given
        )


class DismissedSuspect(Body):
    """Why a proposal is dismissed."""

    reason: str


class MadeExclusions(Shape):
    """The numbers of the exclusions that were made."""

    exclusion_ids: list[int]


def exclusion(one: Exclusion) -> AdminExclusion:
    """The body of an exclusion."""
    return AdminExclusion(subject=one.subject, target=one.target, **vars(one))


def preview(one: AskedPreview) -> ExclusionPreview:
    """The body of a preview."""
    return ExclusionPreview(
        preview_id=one.preview_id,
        state=one.state,
        asked_at=one.asked_at,
        asked_by=one.asked_by,
        moves=None if one.answer is None else moves(one.answer),
        error=one.error,
    )


def moves(found: records.ExclusionPreview) -> ExclusionMoves:
    """The body of who would move."""
    lists: dict[str, Any] = {
        "values": [ValueMove(**vars(one)) for one in found.values],
        "ranks": [RankMove(**vars(one)) for one in found.ranks],
        "points": [PointsMove(**vars(one)) for one in found.points],
        "rewards": [TakenReward(**vars(one)) for one in found.rewards],
    }
    return ExclusionMoves(**vars(found) | lists)
