"""Which clusters make a metric source fail: found by halving, and bounded."""

from collections.abc import Sequence

import psycopg
import pytest

from hedge.runs import left_out
from hedge.runs.halving import failing
from hedge.runs.left_out import LeftOut, Marked

NAMES = [f"c{number:02}" for number in range(32)]


class Guilty:
    """Fails for lists with one of some names, and counts."""

    def __init__(self, *names: str) -> None:
        self.names = {*names}
        self.lists: list[list[str]] = []

    def __call__(self, items: Sequence[str]) -> bool:
        self.lists.append(list(items))
        return bool(self.names & {*items})


@pytest.mark.parametrize(
    "guilty", [[], ["c00"], ["c31"], ["c07", "c08"], ["c00", "c15", "c16", "c31"], NAMES]
)
def test_every_guilty_one_is_found_once_and_in_order(guilty: list[str]) -> None:
    assert list(failing(NAMES, Guilty(*guilty))) == guilty


def test_the_first_is_found_with_few_computations() -> None:
    fails = Guilty("c07", "c31")
    assert next(failing(NAMES, fails), None) == "c07"
    # the list, and two halves of each of five
    assert len(fails.lists) == 11
    assert list(failing([], fails)) == []


def test_nobody_is_found_where_only_the_whole_list_fails() -> None:
    assert list(failing(NAMES, lambda items: len(items) > 8)) == [None, None]


class Probe(left_out._Probe):
    """A probe that fails for some clusters, or for the empty list as well."""

    def __init__(self, *guilty: str, always: bool = False) -> None:
        super().__init__(None, "onchain_pvp")  # type: ignore[arg-type]
        self.guilty = {*guilty}
        self.always = always
        self.error = psycopg.errors.DivisionByZero("division by zero\nCONTEXT: more")

    def compute(self, clusters: Sequence[str]) -> bool:
        return self.always or bool(self.guilty & {*clusters})


def why(of: str) -> str:
    return f"onchain_pvp cannot be computed for {of}: division by zero"


@pytest.mark.parametrize(
    ("guilty", "clusters", "words"),
    [
        (["c07"], ["c07"], "cluster c07"),
        (["c07", "c08"], ["c07", "c08"], "clusters c07, c08"),
        (["c01", "c02", "c03", "c04"], ["c01", "c02", "c03", "c04"], "clusters c01, c02, c03"),
        (NAMES[:20], NAMES[:20], "clusters c00, c01, c02 and 17 more"),
        # too many, all, and nobody in particular
        (NAMES[:21], None, "every cluster"),
        (NAMES, None, "every cluster"),
        (None, None, "every cluster"),
    ],
)
def test_a_source_is_left_out_for_few_clusters_or_for_every_one(
    guilty: list[str] | None, clusters: list[str] | None, words: str
) -> None:
    if words.endswith("c03"):
        words += " and 1 more"
    probe = Probe(always=True) if guilty is None else Probe(*guilty)
    assert probe.blame(NAMES) == LeftOut("onchain_pvp", clusters, why(words))


def test_a_source_that_can_be_computed_is_not_left_out() -> None:
    assert Probe("c99").blame(NAMES) is None


def test_the_only_cluster_of_a_run_is_named() -> None:
    assert Probe("c07").blame(["c07"]) == LeftOut("onchain_pvp", ["c07"], why("cluster c07"))


def test_a_source_that_takes_too_many_computations_is_left_out_for_every_cluster(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(left_out, "MOST_PROBES", 6)
    assert Probe("c07").blame(NAMES) == LeftOut("onchain_pvp", None, why("every cluster"))


def test_as_many_computations_as_are_allowed_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    probe = Probe("c07")
    assert probe.blame(NAMES) == LeftOut("onchain_pvp", ["c07"], why("cluster c07"))
    for most, clusters in ((probe.probes, ["c07"]), (probe.probes - 1, None)):
        monkeypatch.setattr(left_out, "MOST_PROBES", most)
        found = Probe("c07").blame(NAMES)
        assert found is not None
        assert found.clusters == clusters


def test_where_the_others_fail_together_the_source_is_left_out_for_every_cluster() -> None:
    class Together(Probe):
        def compute(self, clusters: Sequence[str]) -> bool:
            return super().compute(clusters) or len(clusters) > 20

    assert Together("c07").blame(NAMES) == LeftOut("onchain_pvp", None, why("every cluster"))


@pytest.mark.parametrize(
    ("error", "is_of_the_server"),
    [
        (psycopg.errors.DivisionByZero, False),
        (psycopg.errors.QueryCanceled, True),
        (psycopg.errors.OutOfMemory, True),
        (psycopg.errors.AdminShutdown, True),
        # the connection is lost
        (psycopg.OperationalError, True),
    ],
)
def test_nobody_is_to_blame_for_an_error_of_the_server(
    error: type[psycopg.Error], is_of_the_server: bool
) -> None:
    class Connection:
        def execute(self, _: object) -> None:
            raise error

    probe = left_out._Probe(Connection(), "onchain_pvp")  # type: ignore[arg-type]
    if is_of_the_server:
        with pytest.raises(left_out._ServerFails):
            probe.compute(["c07"])
    else:
        assert probe.compute(["c07"])


def test_a_cluster_is_healed_where_one_of_its_sources_can_be_computed_again() -> None:
    marked = [
        Marked("onchain_pvp", ["c00", "c01", "c02"]),
        Marked("onchain_gold", ["c02", "c03"]),
        Marked("onchain_lp", ["c04"]),
    ]
    failed = [LeftOut("onchain_pvp", ["c01"], ""), LeftOut("onchain_gold", None, "")]
    assert left_out.healed(marked, failed) == ["c00", "c02", "c04"]
    assert left_out.healed(marked, []) == NAMES[:5]
    assert left_out.healed([], failed) == []
