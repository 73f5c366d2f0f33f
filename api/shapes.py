"""The bodies of challenges, progress, clusters and accounts."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from api.completeness import CompleteTo
from api.shape import Body, Number, Shape
from hedge.analysis import explain

#: What kind of number a value is.
#: The states of a challenge that readers may see.
ShownState = Literal["live", "retired"]
MetricType = Literal["COUNT", "BOOLEAN", "COMPOSITE", "STREAK", "SCORE"]

# -- challenges and progress -------------------------------------------------------------


class Rung(Shape, kw_only=True):
    """A tier of a challenge, in the unit of its metric. reached_share is how rare it is: the share
    of the clusters on this tier or a higher one, from 0 to 1, null before runs have counted it."""

    tier_code: str
    name: str
    threshold: Number
    threshold_text: str = ""
    reached_share: Number | None
    reached_share_text: str | None = None


class Challenge(Shape):
    """A challenge with its ladder, the lowest tier first."""

    key: str
    name: str
    description: str
    metric_type: MetricType
    unit: str
    ladder: list[Rung]


class TierShare(Rung, kw_only=True):
    """A tier of a challenge, and the clusters whose tier it is: their number, and their share of
    all clusters, from 0 to 1."""

    clusters: int
    share: Number
    share_text: str = ""


class ChallengeDefinition(Shape, kw_only=True):
    """A challenge with its ladder, the lowest tier first, and where clusters are on it. clusters is
    the number of all that have a value; without_tier are below the lowest tier."""

    key: str
    name: str
    description: str
    category_key: str
    metric_type: MetricType
    metric_source: str
    metric_key: str
    unit: str
    definition: str
    clusters: int
    without_tier: int
    without_tier_share: Number
    without_tier_share_text: str = ""
    ladder: list[TierShare]


class Category(Shape):
    """A category with its active challenges."""

    key: str
    name: str
    challenges: list[Challenge]


class ChallengeProgress(Shape, kw_only=True):
    """The value and the tier of a cluster in a challenge. unlocked_at and best_tier come from
    the tier unlocks, which stay when the value falls.

    as_of is the as-of instant of the last run that found the value so, and unchanged_since that of
    the run from which it has been so. is_out_of_date is true where as_of is before the one of
    other challenges of the cluster: a run could not compute this one, or was stopped before it.
    """

    challenge_key: str
    value: Number
    value_text: str = ""
    unlocked: bool
    tier: str
    reached_share: Number | None
    reached_share_text: str | None = None
    best_tier: str
    unlocked_at: datetime | None
    next_tier: str | None
    next_threshold: Number | None
    next_threshold_text: str | None = None
    next_reached_share: Number | None
    next_reached_share_text: str | None = None
    rolling_value: Number
    rolling_value_text: str = ""
    rolling_tier: str
    founders_mark_at: datetime | None
    as_of: datetime
    unchanged_since: datetime
    is_out_of_date: bool


class ClusterProgress(Shape):
    """The progress of a cluster in all active challenges. as_of is the earliest as-of instant of
    them, null before the first run. complete_to is that of the last run over all changes, empty
    where no chain is followed and before the first run."""

    cluster_id: str
    as_of: datetime | None
    complete_to: list[CompleteTo]
    challenges: list[ChallengeProgress]


class Progresses(Shape):
    """The progress of several clusters, by id; unknown are the ids of which there is no cluster."""

    clusters: list[ClusterProgress]
    unknown: list[str]


class ClustersToRead(Body):
    """The ids of 1 to 100 clusters."""

    cluster_ids: Annotated[list[str], msgspec.Meta(min_length=1, max_length=100)]


class Cluster(Shape):
    """A cluster. display_name is null unless the player shows it on boards; as_of is the earliest
    as-of instant of its challenges, null before the first run."""

    cluster_id: str
    display_name: str | None
    as_of: datetime | None


class ListedClusters(Shape):
    """Clusters by id; unknown are the ids of which there is no cluster."""

    clusters: list[Cluster]
    unknown: list[str]


class PageOfClusters(Shape):
    """A page of the clusters that were found, by id."""

    clusters: list[Cluster]
    next: str | None


class ProgressChange(Shape, kw_only=True):
    """A value or tier of a cluster in a challenge that was another one before as_of."""

    challenge_key: str
    value: Number
    value_text: str = ""
    tier: str
    as_of: datetime


class UnlockedTier(Shape, kw_only=True):
    """A tier that a cluster has unlocked. kind is TIER or FOUNDERS_MARK."""

    challenge_key: str
    tier: str
    kind: Literal["TIER", "FOUNDERS_MARK"]
    unlocked_at: datetime
    reached_share: Number | None
    reached_share_text: str | None = None


class History(Shape):
    """A page of the changes of a cluster's progress, newest first, and the tiers that it unlocked
    in the time of the page."""

    cluster_id: str
    changes: list[ProgressChange]
    unlocks: list[UnlockedTier]
    next: str | None


class PastValue(Shape, kw_only=True):
    """The value of a cluster in a challenge at an instant, and the tier that it had reached."""

    challenge_key: str
    value: Number
    value_text: str = ""
    tier: str


class PastEnd(Shape):
    """The progress of a cluster at the end of a past day, week or month. It is empty, and as_of is
    null, until a run has computed it; is_current is false until then, and where something has
    changed since as_of."""

    ends_at: datetime
    as_of: datetime | None
    is_current: bool
    challenges: list[PastValue]


class PastProgress(Shape):
    """A page of the ends of past days, weeks or months, newest first, with the progress of a
    cluster at each, and the tiers that it unlocked in the time of the page."""

    cluster_id: str
    ends: list[PastEnd]
    unlocks: list[UnlockedTier]
    next: str | None


class LadderRung(Shape, kw_only=True):
    """A tier of a challenge, and whether the value has reached it."""

    tier: str
    threshold: Number
    threshold_text: str = ""
    is_reached: bool


class Log(Shape):
    """A log of a chain, and where an explorer shows its transaction."""

    chain_id: int
    chain: str | None
    block_number: int
    tx_hash: str
    log_index: int
    url: str | None


class Call(Shape):
    """A call of a contract whose answer supplied values of a fact."""

    chain_id: int
    chain: str | None
    contract: str
    called_function: str
    argument: str
    block_number: int
    columns: list[str]


class Fact(Shape, kw_only=True):
    """A fact that counts: when it occurred, what it is, its key, contribution and origin."""

    occurred_at: datetime | None
    what: str
    natural_key: dict[str, Any]
    contribution: Number
    contribution_text: str = ""
    origin: Literal["log", "file", "several"] | None
    log: Log | None
    further_logs: int
    calls: list[Call]


class PassedOver(Shape):
    """The number of excluded rows of the cluster for one reason."""

    reason: str
    rows: int


class Explanation(Shape, kw_only=True):
    """The evidence of a value. facts are a page of the facts that count, the newest first.

    state is that of the challenge; a retired one is explained as of the last run that computed it.
    fact_count is the number of all facts that count, contributed their sum, and rounding what the
    rounding of the value adds to it. is_described is false where the metric has no evidence model;
    is_complete is false where facts from Discord are omitted, which only the player and admins may
    read; adds_up is false where facts or wallet links have changed since the value was computed.
    """

    cluster_id: str
    challenge_key: str
    challenge: str
    metric_source: str
    metric_key: str
    definition: str
    unit: str
    state: ShownState = "live"
    window: str
    as_of: datetime
    value: Number
    value_text: str = ""
    ladder: list[LadderRung]
    next_tier: str | None
    next_threshold: Number | None
    next_threshold_text: str | None = None
    missing: Number | None
    missing_text: str | None = None
    is_described: bool
    is_complete: bool
    adds_up: bool
    fact_count: int
    contributed: Number
    contributed_text: str = ""
    rounding: Number
    rounding_text: str = ""
    facts: list[Fact]
    passed_over: list[PassedOver]
    next: str | None


def of_explanation(found: explain.Explanation, following: str | None) -> Explanation:
    """An explanation as a body, with the cursor of the next page of facts; the column names in
    natural keys become camelCase too."""
    return Explanation(
        **vars(found)
        | {
            "next": following,
            "ladder": [LadderRung(**vars(rung)) for rung in found.ladder],
            "facts": [_fact(fact) for fact in found.facts],
            "passed_over": [PassedOver(**vars(excluded)) for excluded in found.passed_over],
        }
    )


def _fact(fact: explain.Fact) -> Fact:
    key = {camel(name): value for name, value in fact.natural_key.items()}
    log = Log(**vars(fact.log)) if fact.log else None
    calls = [Call(**vars(call)) for call in fact.calls]
    return Fact(**vars(fact) | {"natural_key": key, "log": log, "calls": calls})


def camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.title, others))
