"""What makes the difference between what was said of a value at two instants.

The history of progress has what was said, and by which deployed definitions. The evidence of the
metric as of both instants, in one snapshot, has the facts; links have their own history.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

import psycopg
from psycopg.rows import dict_row

from hedge import database, known_names
from hedge.errors import HedgeError, UsageError
from hedge.queries import query
from hedge.texts import plain

#: The window of which the history of progress tells.
WINDOW = "all_time"
#: The facts of what was said before the first change: nothing had been computed.
NOTHING = "[]"
Cause = Literal["facts", "links", "late", "rest"]
#: What a cause is called in a row.
CAUSES = {
    "facts": "facts that happened, ended or changed in between",
    "links": "facts of wallets that were linked or unlinked in between",
    "late": "facts of before that were loaded or changed in between",
    "rest": "what these leave",
}


@dataclass(frozen=True)
class Said:
    """What was said at an instant: the value and the tier of the last change until then, which was
    found by a run as of as_of with deployed definitions, which knew facts and links until
    known_until: when it began. All of them are None before the first."""

    instant: datetime
    value: Decimal
    tier: str
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
    happened before and were loaded or changed in between. `rest` is what these leave: deployed
    rules, facts that were removed, and facts of wallets that are linked no more."""

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
class Difference:
    """What was said before and after, and the parts of the difference, which add up to it.

    is_complete is False where facts from Discord are not listed. is_sum says whether the metric is
    a sum of events, so that each fact has a part of its own; of another one, as the longest streak,
    `facts` is all that differs by what is known now. rules_changed is None where the definitions of
    one of both are not known. facts are the newest up to a limit.
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

    An unknown cluster or challenge, and an instant that is not before the other, is a UsageError.
    """
    require_order(since, until)
    if not database.exists(connection, "analytics.metric_evidence"):
        raise HedgeError("the views are not there yet: run hedge etl deploy first")
    asked = {"cluster": cluster, "challenge": challenge, "window": WINDOW}
    with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute("set transaction isolation level repeatable read")

        def ask(name: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
            return cursor.execute(query(name), parameters).fetchall()

        if ask("unknown_clusters", {"clusters": [cluster]}):
            raise known_names.unknown(connection, "cluster", cluster)
        head = ask("explain_challenge", asked)
        if not head:
            raise known_names.unknown(connection, "challenge", challenge)
        said = ask("explain_said", asked | {"instants": [since, until]})
        evidence = []
        for one in said:
            if one["as_of"] is None:
                evidence.append(NOTHING)
                continue
            ask("explain_session", asked | {"as_of": one["as_of"]})
            scope = asked | head[0] | {"known_until": one["known_until"]}
            evidence.append(ask("explain_evidence", scope)[0]["facts"])
        parameters = parameters_of(said, evidence, head[0], limit) | asked
        parameters |= {"sees_private": True, "sees_wallets": True}
        parts = ask("explain_between", parameters)
        links = ask("explain_links", parameters)
    return difference(asked, head[0], said, parts, links)


def require_order(since: datetime, until: datetime) -> None:
    """Raise a UsageError unless an instant is before another."""
    if since >= until:
        raise UsageError(f"{since:%Y-%m-%d %H:%M:%S} is not before {until:%Y-%m-%d %H:%M:%S}")


def parameters_of(
    said: Sequence[dict[str, Any]], evidence: Sequence[str], head: dict[str, Any], limit: int
) -> dict[str, Any]:
    """The parameters of explain_between and explain_links, from what explain_said and
    explain_evidence have found of both instants."""
    before, after = said
    return {
        "before": evidence[0],
        "after": evidence[1],
        "difference": after["value"] - before["value"],
        "is_sum": head["is_sum"],
        "limit": limit,
        "since": before["known_until"] or before["instant"],
        "until": after["known_until"] or after["instant"],
    }


def difference(
    asked: dict[str, str],
    head: dict[str, Any],
    said: Sequence[dict[str, Any]],
    parts: Sequence[dict[str, Any]],
    links: Sequence[dict[str, Any]],
) -> Difference:
    """The difference from the rows of the queries."""
    before, after = (Said(**one) for one in said)
    known = before.definitions is not None and after.definitions is not None
    return Difference(
        cluster_id=asked["cluster"],
        challenge_key=asked["challenge"],
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
        facts=[
            ChangedFact(
                one["cause"], one["amount"], one["occurred_at"], one["what"], one["natural_key"]
            )
            for one in parts
            if one["part"] == "fact"
        ],
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
                " are all that differs between both instants by what is known now, and links have"
                " no part of their own."
            )
        )
    if found.rules_changed:
        said.append(
            gettext(
                "The deployed rules have changed in between: what they make of the same facts is"
                " in what is left."
            )
        )
    elif found.rules_changed is None:
        said.append(gettext("By which rules one of both was computed is not known."))
    else:
        said.append(gettext("Both were computed by the same deployed rules."))
    (rest,) = [part.amount for part in found.parts if part.cause == "rest"]
    if rest and found.is_described:
        said.append(_of_rest(found, gettext, number(Decimal(rest).normalize())))
    return said


def _of_rest(found: Difference, gettext: Callable[..., str], rest: str) -> str:
    """Where what is left may come from."""
    unlinked = any(one.change == "unlinked" for one in found.links)
    if unlinked and found.rules_changed is not False:
        return gettext(
            "%(rest)s is left. It comes from facts that were removed or corrected, from wallets"
            " that were unlinked, from the rules, or from wallets that are linked no more: what"
            " they had is not read any longer.",
            rest=rest,
        )
    if unlinked:
        return gettext(
            "%(rest)s is left. It comes from facts that were removed or corrected, from wallets"
            " that were unlinked, or from wallets that are linked no more: what they had is not"
            " read any longer.",
            rest=rest,
        )
    if found.rules_changed is not False:
        return gettext(
            "%(rest)s is left. It comes from facts that were removed or corrected, from the rules,"
            " or from wallets that are linked no more: what they had is not read any longer.",
            rest=rest,
        )
    return gettext(
        "%(rest)s is left. It comes from facts that were removed or corrected, or from wallets that"
        " are linked no more: what they had is not read any longer.",
        rest=rest,
    )
