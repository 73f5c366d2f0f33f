"""Which metrics play cannot lower: those that are marked with only_grows, and no others.

Play is the time that goes on over one world: of a metric that only grows, the value over all time
at a later instant is never below that at an earlier one. An unlock on such a metric is revoked when
removed facts took the value below the tier; what is not marked keeps its unlocks.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests import PROJECT
from tests.oracle import Lists, Window, World, catalogue, measure, score
from tests.oracle.boundaries import boundaries
from tests.oracle.instants import AS_OF, TIMES
from tests.oracle.worlds import worlds
from tests.yaml_files import read_yaml

LISTS, CATALOGUE = Lists.read(), catalogue()
#: The challenges whose metric is marked, by key.
MARKED = {
    challenge.key: (challenge.metric_source, challenge.metric_key)
    for challenge in CATALOGUE.challenges
    for path in [PROJECT / "models" / "metrics" / f"{challenge.metric_source}.yml"]
    for column in read_yaml(path)["models"][0]["columns"]
    if column["name"] == challenge.metric_key
    and column.get("config", {}).get("meta", {}).get("only_grows") is True
}
#: States of the end of a window, and scores of them.
CAN_FALL = {
    *("hero_riser", "house_of_heroes", "pet_sanctuary", "lp_depth", "lp_diversified"),
    *("jeweler_stakeholder", "jeweler_whale", "eternal_collector", "mythic_menagerie"),
    *("prestige_collector", "category_master"),
}


def changes(world: World, instants: Iterable[datetime]) -> tuple[Counter, Counter]:
    """How often the value of each challenge rose and fell from one instant to the next."""
    rises: Counter = Counter()
    falls: Counter = Counter()
    before: dict = {}
    for instant in sorted(instants):
        now = score(measure(world, Window("all_time", None, instant), LISTS), CATALOGUE)
        for cluster, challenges in before.items():
            for key, earlier in challenges.items():
                rises[key] += now[cluster][key].value > earlier.value
                falls[key] += now[cluster][key].value < earlier.value
        before = now
    return rises, falls


def test_every_challenge_is_marked_or_can_fall() -> None:
    challenges = {challenge.key for challenge in CATALOGUE.challenges}
    assert MARKED.keys() | CAN_FALL == challenges
    assert not MARKED.keys() & CAN_FALL


@settings(
    max_examples=30,
    deadline=None,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
)
@given(
    world=worlds(LISTS),
    instants=st.lists(st.sampled_from(TIMES), min_size=5, max_size=5, unique=True),
)
def test_time_lowers_nothing_that_is_marked(world: World, instants: list[datetime]) -> None:
    _, falls = changes(world, instants)
    assert {key for key, number in falls.items() if number} <= CAN_FALL


def test_the_boundaries_show_a_rise_of_what_is_marked_and_a_fall_of_states() -> None:
    rises, falls = changes(
        boundaries(LISTS), [AS_OF - timedelta(days=days) for days in (200, 22, 0)]
    )
    fallen = {key for key, number in falls.items() if number}
    assert fallen <= CAN_FALL
    assert {"lp_depth", "jeweler_whale", "house_of_heroes"} <= fallen
    risen = {key for key, number in rises.items() if number}
    assert len(MARKED.keys() - risen) < 3
