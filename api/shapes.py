"""The public bodies of the API as structs; names are camelCase in JSON, times ISO 8601 in UTC.

The bodies of an admin are the records of hedge (api/admin)."""

from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

import msgspec

from api.numbers import digits
from hedge.analysis import explain

#: An exact JSON number; whole numbers are written without a fraction (api.numbers). Beside it, a
#: Shape has the same digits as a text, for clients whose numbers are doubles.
Number = Decimal


class Shape(msgspec.Struct, rename="camel", kw_only=True):
    """A body in a response. Each number NAME has a text NAME_text with the same digits."""

    def __post_init__(self) -> None:
        """Set the texts of the numbers."""
        for name, text in _texts(type(self)):
            number = getattr(self, name)
            setattr(self, text, None if number is None else digits(number))


@cache
def _texts(shape: type[Shape]) -> list[tuple[str, str]]:
    """The numbers of a shape that have a text, with the names of the texts."""
    fields = shape.__struct_fields__
    return [(name, f"{name}_text") for name in fields if f"{name}_text" in fields]


class Body(Shape, forbid_unknown_fields=True):
    """A body in a request; unknown names are refused."""


# -- boards ------------------------------------------------------------------------------


class Board(Shape):
    """An active public board."""

    key: str
    name: str
    description: str
    category_key: str
    time_window: str
    unit: str


class BoardRun(Shape):
    """A complete board run, computed as of an instant.

    staleSince is when facts of the period were found to have changed since the run, null where
    they have not. Such a period is computed again, unless the run is final.
    """

    id: int
    period_start: datetime | None
    period_end: datetime | None
    as_of: datetime
    row_count: int
    finished_at: datetime
    stale_since: datetime | None
    is_final: bool


class Period(Shape):
    """A half-open period of a board; both ends are null for all time."""

    period_start: datetime | None
    period_end: datetime | None


class ComputedPeriod(Shape):
    """A period of a board, and the board run that counts for it."""

    run_id: int
    period_start: datetime | None
    period_end: datetime | None


class BoardDefinition(Board):
    """What a board ranks, and when.

    current_period is the period that goes on, null where no season does; its period_end is when it
    ends. latest_run is the run that readers see, null before the first. periods are the last 100
    computed ones, the latest first. Entries are those of max_entries clusters at most; a period is
    computed again for corrected_for_days after its end where its facts change, and not at all where
    is_frozen is true. A null fallback metric source is that of the board.
    """

    metric_source: str
    metric_key: str
    fallback_metric_source: str | None
    fallback_metric_key: str | None
    verified_only: bool
    max_entries: int
    corrected_for_days: int
    is_frozen: bool
    current_period: Period | None
    latest_run: BoardRun | None
    periods: list[ComputedPeriod]


class Entry(Shape, kw_only=True):
    """One cluster on a board; clusters with equal score and tiebreaker share a rank. display_name
    is null unless the player shows it on boards. previous_rank is the rank in the period before,
    null where the cluster was not listed in it."""

    rank: int
    previous_rank: int | None
    cluster_id: str
    display_name: str | None
    score: Number
    score_text: str = ""
    tiebreaker: Number | None
    tiebreaker_text: str | None = None
    payload: dict[str, Any]


class BoardHead(Shape):
    """A board, and the period of a run."""

    key: str
    name: str
    period_start: datetime | None
    period_end: datetime | None


class Standing(Shape, kw_only=True):
    """A board run with a page of its entries. previous is the computed period before, to which the
    previous ranks belong, null where there is none. me is the entry of the caller, null where it
    is not listed, and absent unless it was asked for."""

    leaderboard: BoardHead
    run: BoardRun
    previous: ComputedPeriod | None
    entries: list[Entry]
    me: Entry | msgspec.UnsetType | None = msgspec.UNSET
    next: str | None = None


# -- seasons -----------------------------------------------------------------------------


class Season(Shape):
    """The current season."""

    id: str
    name: str
    starts_at: datetime
    ends_at: datetime


class SeasonProgress(Shape, kw_only=True):
    """The points and the level of a cluster in a season. next_level_threshold is null at the last
    level."""

    points: Number
    points_text: str = ""
    level: int
    next_level_threshold: Number | None
    next_level_threshold_text: str | None = None
    as_of: datetime


# -- challenges and progress -------------------------------------------------------------


class Rung(Shape, kw_only=True):
    """A tier of a challenge, in the unit of its metric."""

    tier_code: str
    name: str
    threshold: Number
    threshold_text: str = ""


class Challenge(Shape):
    """A challenge with its ladder, the lowest tier first."""

    key: str
    name: str
    description: str
    metric_type: str
    unit: str
    ladder: list[Rung]


class Category(Shape):
    """A category with its active challenges."""

    key: str
    name: str
    challenges: list[Challenge]


class ChallengeProgress(Shape, kw_only=True):
    """The value and the tier of a cluster in a challenge. unlocked_at and best_tier come from
    the tier unlocks, which stay when the value falls.

    as_of is the as-of instant of the value. is_out_of_date is true where that is before the one of
    other challenges of the cluster: a run could not compute this one, or was stopped before it.
    """

    challenge_key: str
    value: Number
    value_text: str = ""
    unlocked: bool
    tier: str
    best_tier: str
    unlocked_at: datetime | None
    next_tier: str | None
    next_threshold: Number | None
    next_threshold_text: str | None = None
    rolling_value: Number
    rolling_value_text: str = ""
    rolling_tier: str
    founders_mark_at: datetime | None
    as_of: datetime
    is_out_of_date: bool


class ClusterProgress(Shape):
    """The progress of a cluster in all active challenges. as_of is the earliest as-of instant of
    them, null before the first run."""

    cluster_id: str
    as_of: datetime | None
    challenges: list[ChallengeProgress]


class LadderRung(Shape, kw_only=True):
    """A tier of a challenge, and whether the value has reached it."""

    tier: str
    threshold: Number
    threshold_text: str = ""
    is_reached: bool


class Fact(Shape, kw_only=True):
    """A fact that counts: when it occurred, what it is, the key of its row, its contribution."""

    occurred_at: datetime | None
    what: str
    natural_key: dict[str, Any]
    contribution: Number
    contribution_text: str = ""


class PassedOver(Shape):
    """The number of excluded rows of the cluster for one reason."""

    reason: str
    rows: int


class Explanation(Shape, kw_only=True):
    """The evidence of a value. facts are the newest facts that count, up to the limit.

    fact_count is the number of all facts that count, and contributed their sum. is_described is
    false where the metric has no evidence model; is_complete is false where facts from Discord
    are omitted, which only the player and admins may read; adds_up is false where facts or
    wallet links have changed since the value was computed.
    """

    cluster_id: str
    challenge_key: str
    challenge: str
    metric_source: str
    metric_key: str
    definition: str
    unit: str
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
    facts: list[Fact]
    passed_over: list[PassedOver]


def of_explanation(found: explain.Explanation) -> Explanation:
    """An explanation as a body; the column names in natural keys become camelCase too."""
    return Explanation(
        **vars(found)
        | {
            "ladder": [LadderRung(**vars(rung)) for rung in found.ladder],
            "facts": [
                Fact(
                    **vars(fact)
                    | {
                        "natural_key": {
                            _camel(name): value for name, value in fact.natural_key.items()
                        }
                    }
                )
                for fact in found.facts
            ],
            "passed_over": [PassedOver(**vars(excluded)) for excluded in found.passed_over],
        }
    )


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.title, others))


# -- me ----------------------------------------------------------------------------------


class Wallet(Shape):
    """A linked wallet."""

    address: str
    chain: str
    is_primary: bool
    is_active: bool
    is_verified: bool
    verified_at: datetime | None


class Wallets(Shape):
    """The active wallets of a player."""

    wallets: list[Wallet]


class PageOfWallets(Wallets):
    """A page of the active wallets of a player."""

    next: str | None


class NewWallet(Body):
    """A wallet to link; the address is in lower case or has the checksum of EIP-55."""

    address: str
    chain: str | None = None


class LinkedWallet(Shape):
    """The wallet that was linked, and all active wallets of the player."""

    success: bool
    wallet: Wallet
    wallets: list[Wallet]


class Verification(Shape):
    """The message that the wallet has to sign unchanged before expires_at."""

    message: str
    nonce: str
    expires_at: datetime


class Signed(Body):
    """The message of a Verification, and the wallet's signature of it (personal_sign)."""

    message: str
    signature: str


class Me(Shape):
    """The account of a signed-in player; cluster_id is null until a wallet is linked."""

    cluster_id: str | None
    display_name: str | None
    show_on_boards: bool
    created_at: datetime


class MyChanges(Body):
    """The fields of an account to change; absent ones are kept."""

    display_name: str | msgspec.UnsetType | None = msgspec.UNSET
    show_on_boards: bool | msgspec.UnsetType = msgspec.UNSET
