"""What goes in and out, as structs; names are camelCase on the wire, times ISO 8601 UTC."""

from datetime import datetime
from typing import Any

import msgspec

from hedge.analysis import explain

#: A number of JSON; whole ones are written without a fraction.
Number = float


class Shape(msgspec.Struct, rename="camel", kw_only=True):
    """A body of the API."""


class Body(Shape, forbid_unknown_fields=True):
    """A body that a client sends; a name that is not known is refused."""


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
    """A complete run of a board; as_of is the instant it is true for."""

    id: int
    period_start: datetime | None
    period_end: datetime | None
    as_of: datetime
    row_count: int
    finished_at: datetime


class Entry(Shape):
    """One cluster on a board; equals share a rank. display_name is null unless asked for."""

    rank: int
    cluster_id: str
    display_name: str | None
    score: Number
    tiebreaker: Number | None
    payload: dict[str, Any]


class BoardHead(Shape):
    """Which board, for which period."""

    key: str
    name: str
    period_start: datetime | None
    period_end: datetime | None


class Standing(Shape):
    """A run of a board with its first entries."""

    leaderboard: BoardHead
    run: BoardRun
    entries: list[Entry]


# -- seasons -----------------------------------------------------------------------------


class Season(Shape):
    """The season that goes on."""

    id: str
    name: str
    starts_at: datetime
    ends_at: datetime


class SeasonProgress(Shape):
    """How a cluster stands in a season; above the last level nothing is next."""

    points: Number
    level: int
    next_level_threshold: Number | None
    as_of: datetime


# -- challenges and progress -------------------------------------------------------------


class Rung(Shape):
    """A tier of a challenge, in the unit of its metric."""

    tier_code: str
    name: str
    threshold: Number


class Challenge(Shape):
    """A goal with its ladder, lowest rung first."""

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


class ChallengeProgress(Shape):
    """Where a cluster stands in a challenge. unlocked_at and best_tier say what was reached
    once; the value may have fallen since."""

    challenge_key: str
    value: Number
    unlocked: bool
    tier: str
    best_tier: str
    unlocked_at: datetime | None
    next_tier: str | None
    next_threshold: Number | None
    rolling_value: Number
    rolling_tier: str
    founders_mark_at: datetime | None


class ClusterProgress(Shape):
    """Everything a cluster has reached, as of the computation."""

    cluster_id: str
    as_of: datetime | None
    challenges: list[ChallengeProgress]


class LadderRung(Shape):
    """A tier of a challenge, and whether the value reaches it."""

    tier: str
    threshold: Number
    is_reached: bool


class Fact(Shape):
    """A row that counts: when, what it is, the columns that name it, what it gives."""

    occurred_at: datetime | None
    what: str
    natural_key: dict[str, Any]
    contribution: Number


class PassedOver(Shape):
    """How many rows of the cluster do not count, and why."""

    reason: str
    rows: int


class Explanation(Shape):
    """Why a value is what it is; facts are the newest that count, up to the limit.

    fact_count is how many count and contributed what all of them give. is_described is false
    where nobody has said on which facts the metric rests; is_complete where facts from Discord
    are left out, which only the player and admins see; adds_up where facts or links have
    changed since the value was computed.
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
    ladder: list[LadderRung]
    next_tier: str | None
    next_threshold: Number | None
    missing: Number | None
    is_described: bool
    is_complete: bool
    adds_up: bool
    fact_count: int
    contributed: Number
    facts: list[Fact]
    passed_over: list[PassedOver]


def of_explanation(found: explain.Explanation) -> Explanation:
    """An explanation on the wire; the columns of natural keys are camelCase too."""
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
            "passed_over": [PassedOver(**vars(passed)) for passed in found.passed_over],
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
    """The active links of a player."""

    wallets: list[Wallet]


class NewWallet(Body):
    """A wallet to link: lower case or EIP-55."""

    address: str
    chain: str | None = None


class LinkedWallet(Shape):
    """What linking answers."""

    success: bool
    wallet: Wallet
    wallets: list[Wallet]


class Verification(Shape):
    """What a wallet is asked to sign, as it stands, until expires_at."""

    message: str
    nonce: str
    expires_at: datetime


class Signed(Body):
    """The message that was asked for, and the wallet's signature of it (personal_sign)."""

    message: str
    signature: str


class Me(Shape):
    """The account of a signed-in player; cluster_id is null before it is needed."""

    cluster_id: str | None
    display_name: str | None
    show_on_boards: bool
    created_at: datetime


class MyChanges(Body):
    """What to change of an account; what is left out stays."""

    display_name: str | msgspec.UnsetType | None = msgspec.UNSET
    show_on_boards: bool | msgspec.UnsetType = msgspec.UNSET
