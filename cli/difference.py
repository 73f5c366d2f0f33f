"""hedge explain --between: what makes the difference between what was said at two instants."""

from cli.output import column, instant, number, print_json, print_table, say, tier_name
from hedge.analysis.between import Difference, Said
from hedge.counting import counted

#: What a cause is called in a row.
CAUSES = {
    "facts": "facts that happened, ended or changed in between",
    "links": "facts of wallets that were linked or unlinked in between",
    "late": "facts of before that were loaded or changed in between",
    "rest": "what these leave",
}


def print_difference(found: Difference, *, as_json: bool) -> None:
    """Print a difference: what was said, the parts that add up to the difference, links, rules and
    the newest facts."""
    if as_json:
        print_json(found)
        return
    say(f"{found.challenge} of {found.cluster_id}, what was said at two instants ({found.unit})\n")
    print_table(
        ["at, UTC", "value", "tier", "as of", "run", "rules"],
        [_row(found.before), _row(found.after)],
        right=[1, 4],
    )
    say(f"\nThe difference is {_signed(found)}:\n")
    print_table(
        ["", "adds", "facts"],
        [
            [CAUSES[part.cause], amount, f"{part.facts:,}" if part.cause != "rest" else ""]
            for part, amount in zip(
                found.parts, column(part.amount for part in found.parts), strict=True
            )
        ],
        right=[1, 2],
    )
    for sentence in sentences(found):
        say(f"\n{sentence}")
    if found.links:
        say("")
        print_table(
            ["at, UTC", "wallet", ""],
            [[instant(one.happened_at), one.address, one.change] for one in found.links],
        )
    if found.facts:
        say("")
        print_table(
            ["at, UTC", "what", "which", "adds", "because of"],
            [
                [
                    instant(fact.occurred_at),
                    fact.what,
                    ", ".join(f"{name} {value}" for name, value in fact.natural_key.items()),
                    amount,
                    fact.cause,
                ]
                for fact, amount in zip(
                    found.facts, column(fact.amount for fact in found.facts), strict=True
                )
            ],
            right=[3],
        )
    more = sum(part.facts for part in found.parts) - len(found.facts)
    if more > 0:
        say(f"\n{counted(more, 'fact is', 'facts are')} older and not shown (--limit).")


def sentences(found: Difference) -> list[str]:
    """What the parts do not say: whether the metric adds up, the rules, and what is left."""
    said = []
    if not found.is_described:
        said.append("The evidence of this metric is not described, so no facts can be named.")
    elif not found.is_sum:
        said.append(
            "This metric is not a sum of events: one fact changes what others add. The facts are"
            " all that differs between both instants by what is known now, and links have no part"
            " of their own."
        )
    if found.rules_changed:
        said.append(
            "The deployed rules have changed in between: what they make of the same facts is in"
            " what is left."
        )
    elif found.rules_changed is None:
        said.append("By which rules one of both was computed is not known.")
    else:
        said.append("Both were computed by the same deployed rules.")
    (rest,) = [part.amount for part in found.parts if part.cause == "rest"]
    if rest and found.is_described:
        unlinked = any(one.change == "unlinked" for one in found.links)
        said.append(
            f"{number(rest)} is left. It comes from facts that were removed or corrected,"
            + (" from wallets that were unlinked," if unlinked else "")
            + (" from the rules," if found.rules_changed is not False else "")
            + " or from wallets that are linked no more: what they had is not read any longer."
        )
    return said


def _row(said: Said) -> list[str]:
    return [
        instant(said.instant),
        number(said.value),
        tier_name(said.tier),
        instant(said.as_of),
        "" if said.run_id is None else str(said.run_id),
        (said.definitions or "")[:12],
    ]


def _signed(found: Difference) -> str:
    return f"{'+' if found.difference > 0 else ''}{number(found.difference)}"
