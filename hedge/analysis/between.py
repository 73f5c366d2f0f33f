"""What makes the difference between what was said of a value at two instants.

The history of progress has what was said, and by which deployed definitions. The evidence of the
metric as of both instants, in one snapshot, has the facts. It is read with the links and exclusions
of before and with those of after, step by step, so that each of them has its share.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

import psycopg
from psycopg.rows import dict_row

from hedge import database, exclusions, known_names
from hedge.errors import HedgeError, UsageError
from hedge.queries import query
from hedge.texts import plain

#: The window of which the history of progress tells.
WINDOW = "all_time"
#: How far the clock of who asks may be ahead.
_OTHER_CLOCK = timedelta(minutes=1)
#: The facts of what was said before the first change: nothing had been computed.
NOTHING = "[]"
Cause = Literal["facts", "links", "late", "exclusions", "rules", "rest"]
#: What a cause is called in a row.
CAUSES = {
    "facts": "facts that happened, ended or changed in between",
    "links": "facts of wallets that were linked or unlinked in between",
    "late": "facts of before that were loaded or changed in between",
    "exclusions": "exclusions that began or ended in between",
    "rules": "other deployed rules",
    "rest": "what these leave",
}
#: Rows of a named query with its parameters, which whoever computes a difference asks for.
Asked = tuple[str, dict[str, Any]]
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Said:
    """What was said at an instant: the value and the tier of the last change until then, which was
    found by a run as of as_of with deployed definitions, which knew facts and links until
    known_until: when it began. All of them are None before the first."""

    instant: datetime
    value: Decimal
    tier: str
    tier_name: str
    as_of: datetime | None
    run_id: int | None
    definitions: str | None
    hedge_version: str | None
    deployed_at: datetime | None
    known_until: datetime | None


@dataclass(frozen=True)
class Part:
    """What a cause adds to the difference, by how many facts. `facts` happened, ended or changed
    in between; `links` are facts of wallets that were linked or unlinked in between; `late` ones
    happened before and were loaded or changed in between; `exclusions` began or ended in between;
    `rules` is what other deployed rules make of the same facts. `rest` is what these leave: facts
    that were removed or corrected, and exclusions where the reader may not know of them."""

    cause: Cause
    amount: Decimal
    facts: int


@dataclass(frozen=True)
class ChangedFact:
    """A fact that makes a part of the difference, by its cause; see explain.Fact."""

    cause: Cause
    amount: Decimal
    occurred_at: datetime | None
    what: str
    natural_key: dict[str, Any]


@dataclass(frozen=True)
class ChangedLink:
    """A wallet that was linked or unlinked in between."""

    happened_at: datetime
    change: Literal["linked", "unlinked"]
    address: str


@dataclass(frozen=True)
class ChangedExclusion:
    """An exclusion that began or ended in between: what is excluded from what, and why."""

    happened_at: datetime
    change: Literal["begun", "ended"]
    exclusion_id: int
    subject: str
    target: str
    reason: str


@dataclass(frozen=True)
class Difference:
    """What was said before and after, and the parts of the difference, which add up to it.

    is_complete is False where facts from Discord are not listed. is_sum says whether the metric is
    a sum of events, so that it is known which facts were late; of another one, as the longest
    streak, `facts` is all that differs by what is known now. rules_changed is None where the
    definitions of one of both are not known. exclusions is None where the reader may not know of
    them, and their part is in the rest then. facts are the newest up to a limit.
    """

    cluster_id: str
    challenge_key: str
    challenge: str
    metric_source: str
    metric_key: str
    unit: str
    before: Said
    after: Said
    difference: Decimal
    is_described: bool
    is_complete: bool
    is_sum: bool
    rules_changed: bool | None
    parts: list[Part]
    links: list[ChangedLink]
    exclusions: list[ChangedExclusion] | None
    facts: list[ChangedFact]


def of_cluster(
    connection: psycopg.Connection,
    cluster: str,
    challenge: str,
    since: datetime,
    until: datetime,
    limit: int = 20,
) -> Difference:
    """What makes the difference of a value over all time between two instants.

    An unknown cluster or challenge, an instant that is not before the other, and one of the future
    is a UsageError.
    """
    require_said(since, until, database.value(connection, "select now()"))
    if not database.exists(connection, "analytics.metric_evidence"):
        raise HedgeError("the views are not there yet: run hedge etl deploy first")
    asked = {"cluster": cluster, "challenge": challenge, "window": WINDOW}
    with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute("set transaction isolation level repeatable read")

        def ask(name: str, parameters: dict[str, Any]) -> Rows:
            return cursor.execute(query(name), parameters).fetchall()

        if ask("unknown_clusters", {"clusters": [cluster]}):
            raise known_names.unknown(connection, "cluster", cluster)
        head = ask("explain_challenge", asked)
        if not head:
            raise known_names.unknown(connection, "challenge", challenge)
        sees = {
            "sees_private": True,
            "sees_wallets": True,
            "sees_exclusions": exclusions.are_readable(connection),
        }
        steps = steps_of(asked, head[0], [since, until], limit, sees)
        try:
            wanted = next(steps)
            while True:
                wanted = steps.send(ask(*wanted))
        except StopIteration as end:
            found: Difference = end.value
            return found


def require_said(since: datetime, until: datetime, now: datetime) -> None:
    """Raise a UsageError unless an instant is before another, and both are before now but for the
    difference of two clocks: what will be said at an instant of the future is not known, and a
    later run would give another answer."""
    for instant in (since, until):
        if instant > now + _OTHER_CLOCK:
            raise UsageError(
                f"{instant:%Y-%m-%d %H:%M:%S} lies in the future:"
                " nothing has been said of a value then"
            )
    if since >= until:
        raise UsageError(f"{since:%Y-%m-%d %H:%M:%S} is not before {until:%Y-%m-%d %H:%M:%S}")


def steps_of(
    asked: Mapping[str, str],
    head: Mapping[str, Any],
    instants: Sequence[datetime],
    limit: int,
    sees: Mapping[str, bool],
) -> Generator[Asked, Rows, Difference]:
    """Ask for what a difference is made of, in one transaction of one snapshot: yields a named
    query with its parameters, takes its rows, and returns the difference.

    asked has the cluster, the challenge and the window, head is the row of explain_challenge, and
    sees says what the reader may know: sees_private, sees_wallets and sees_exclusions.
    """
    scope: dict[str, Any] = {**head, **asked}
    before, after = yield "explain_said", scope | {"instants": list(instants)}
    ruled: dict[str, Any] | None = None
    if before["as_of"] is not None:
        span = {"since": before["as_of"], "until": after["as_of"]}
        rules = {
            "definitions_before": before["definitions"],
            "definitions_after": after["definitions"],
        }
        first = yield "explain_first_by_rules", scope | span | rules
        if first:
            (ruled,) = yield "explain_said", scope | {"instants": [first[0]["as_of"]]}
    yield "explain_session", scope | {"as_of": after["as_of"] or instants[1]}
    sides: dict[str, tuple[dict[str, Any] | None, ...]] = {
        "before": (before, before, before),
        "linked": (before, after, before),
        "excluded": (before, after, after),
        "after": (after, after, after),
        "ruled": (ruled, ruled, ruled),
    }
    evidence: dict[str, str] = {}
    read: dict[str, str] = {}
    for side, (at, linking, excluding) in sides.items():
        if at is None or at["as_of"] is None or linking is None or excluding is None:
            evidence[side] = NOTHING
            continue
        # what is the same at both instants is read once
        same = str((at["as_of"], linking["links"], excluding["exclusions"]))
        if same not in read:
            yield (
                "explain_evidence_session",
                {
                    "as_of": at["as_of"],
                    "links_as_of": linking["known_until"],
                    "exclusions": excluding["exclusions"],
                },
            )
            (found,) = yield "explain_evidence", scope
            read[same] = found["facts"]
        evidence[side] = read[same]
    yield (
        "explain_evidence_session",
        {"as_of": instants[1], "links_as_of": None, "exclusions": None},
    )
    parameters = {**scope, **evidence, **sees} | {
        "difference": after["value"] - before["value"],
        "ruled_difference": None if ruled is None else ruled["value"] - before["value"],
        "ruled_until": None if ruled is None else ruled["known_until"],
        "limit": limit,
        "since": before["known_until"] or before["instant"],
        "until": after["known_until"] or after["instant"],
        # what was excluded before anything was said has taken nothing away
        "has_value_before": before["as_of"] is not None,
        "exclusions_before": before["exclusions"],
        "exclusions_after": after["exclusions"],
    }
    parts = yield "explain_between", parameters
    links = yield "explain_links", parameters
    excluded = (yield "explain_exclusions", parameters) if sees["sees_exclusions"] else None
    return _difference(head, asked["cluster"], (before, after), parts, links, excluded)


def _difference(
    head: Mapping[str, Any],
    cluster: str,
    said: Sequence[dict[str, Any]],
    parts: Rows,
    links: Rows,
    excluded: Rows | None,
) -> Difference:
    """The difference from the rows of the queries."""
    before, after = (
        Said(**{name: value for name, value in one.items() if name not in ("links", "exclusions")})
        for one in said
    )
    known = before.definitions is not None and after.definitions is not None
    return Difference(
        cluster_id=cluster,
        challenge_key=head["challenge_key"],
        challenge=head["challenge"],
        metric_source=head["metric_source"],
        metric_key=head["metric_key"],
        unit=head["unit"],
        before=before,
        after=after,
        difference=after.value - before.value,
        is_described=head["is_described"],
        is_complete=all(one["is_complete"] for one in parts if one["part"] == "cause"),
        is_sum=head["is_sum"],
        rules_changed=before.definitions != after.definitions if known else None,
        parts=[
            Part(one["cause"], one["amount"], one["facts"])
            for one in parts
            if one["part"] == "cause"
        ],
        links=[ChangedLink(**one) for one in links],
        exclusions=None if excluded is None else [_exclusion(one) for one in excluded],
        facts=[
            ChangedFact(
                one["cause"], one["amount"], one["occurred_at"], one["what"], one["natural_key"]
            )
            for one in parts
            if one["part"] == "fact"
        ],
    )


def _exclusion(row: dict[str, Any]) -> ChangedExclusion:
    happened_at, change = row.pop("happened_at"), row.pop("change")
    shown = exclusions.Exclusion(**row)
    return ChangedExclusion(
        happened_at, change, shown.exclusion_id, shown.subject, shown.target, shown.reason
    )


def sentences(
    found: Difference,
    gettext: Callable[..., str] = plain,
    number: Callable[[Decimal], str] = "{:,f}".format,
) -> list[str]:
    """What the parts do not say: whether the metric adds up, the rules, and what is left. gettext
    gives a text with its values in the language of who reads it, and number writes a number."""
    said = []
    if not found.is_described:
        said.append(
            gettext("The evidence of this metric is not described, so no facts can be named.")
        )
    elif not found.is_sum:
        said.append(
            gettext(
                "This metric is not a sum of events: one fact changes what others add. The facts"
                " are all that differs between both instants by what is known now, and what was"
                " loaded late is in what is left."
            )
        )
    amounts = {part.cause: part.amount for part in found.parts}
    if found.rules_changed is None:
        said.append(gettext("By which rules one of both was computed is not known."))
    elif not found.rules_changed:
        said.append(gettext("Both were computed by the same deployed rules."))
    else:
        said.append(gettext("The deployed rules have changed in between."))
        if amounts["rules"]:
            said.append(
                gettext(
                    "Their part is what the new rules make of what was known at the first instant,"
                    " until the first value that was computed by them."
                )
            )
    if amounts["rest"] and found.is_described:
        said.append(_of_rest(found, gettext, number(Decimal(amounts["rest"]).normalize())))
    return said


def _of_rest(found: Difference, gettext: Callable[..., str], rest: str) -> str:
    """Where what is left may come from."""
    if not found.is_sum:
        return gettext(
            "%(rest)s is left. It comes from facts that were removed, corrected or loaded late, and"
            " where the metric is made of other metrics, from what is known of these.",
            rest=rest,
        )
    if found.exclusions is None:
        return gettext(
            "%(rest)s is left. It comes from facts that were removed or corrected, or from what"
            " only the player may know.",
            rest=rest,
        )
    return gettext(
        "%(rest)s is left. It comes from facts that were removed or corrected: what they were is"
        " not stored any longer.",
        rest=rest,
    )
