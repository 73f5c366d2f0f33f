"""hedge explain --between: what makes the difference between what was said at two instants."""

from cli.output import column, instant, number, print_json, print_table, say, tier_name
from hedge.analysis.between import CAUSES, Difference, Said, sentences
from hedge.counting import counted

#: The causes that are of no single facts.
NO_FACTS = {"rules", "rest"}


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
            [CAUSES[part.cause], amount, "" if part.cause in NO_FACTS else f"{part.facts:,}"]
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
    if found.exclusions:
        say("")
        print_table(
            ["at, UTC", "exclusion", "", "reason"],
            [
                [
                    instant(one.happened_at),
                    f"{one.exclusion_id}: {one.subject} from {one.target}",
                    one.change,
                    one.reason,
                ]
                for one in found.exclusions
            ],
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
