"""hedge progress: the tiers that one cluster has reached."""

from typing import Annotated

import typer

from cli.connection import migrated_connection
from cli.options import JsonOption
from cli.output import instant, number, print_json, print_table, say, tier_name, value_of
from hedge import completeness
from hedge import progress as progress_of
from hedge.units import FEAT, in_unit


def progress(
    cluster: Annotated[str, typer.Argument(metavar="CLUSTER")], json: JsonOption = False
) -> None:
    """Show value, tier and next threshold of a cluster in every challenge.

    Example: hedge progress demo-busy
    """
    with migrated_connection() as connection:
        found = progress_of.of_cluster(connection, cluster)
        classes = progress_of.legendary_classes(connection, cluster)
        complete = completeness.of_progress(connection)
    if json:
        print_json(found)
        return
    newest = max(challenge.verified_to for challenge in found)
    late = any(challenge.is_out_of_date for challenge in found)
    demo = "demo world, " if progress_of.is_made_up(cluster) else ""
    print_table(
        [
            *("challenge", "value", "unit", "tier", "next", "at", "last 180 days", "tier then"),
            *(["out of date: as of"] if late else []),
        ],
        [
            [
                challenge.challenge,
                value_of(challenge.value, challenge.unit),
                in_unit(challenge.value, challenge.unit),
                tier_name(challenge.tier),
                tier_name(challenge.next_tier),
                "" if challenge.unit == FEAT else number(challenge.next_threshold),
                value_of(challenge.rolling_value, challenge.unit),
                tier_name(challenge.rolling_tier),
                *([instant(challenge.verified_to)] if challenge.is_out_of_date else []),
            ]
            for challenge in found
        ],
        right=[1, 5, 6],
        title=f"{cluster} ({demo}as of {newest:%Y-%m-%d %H:%M:%S} UTC)",
    )
    done = [name for name, is_done in classes.items() if is_done]
    missing = [name for name, is_done in classes.items() if not is_done]
    say(
        f"\nSummoner of Legends: {', '.join(done) or 'none'} summoned"
        + (f", {', '.join(missing)} missing" if missing else "")
    )
    if sentence := completeness.in_words(complete):
        say(sentence)
