"""A raw table to which an event gives facts has a row in chain_fact_tables, and a view: without one
of both, logs would be decoded and no fact be stored."""

from pathlib import Path

import pytest

from hedge.errors import HedgeError
from hedge.project import seed_checks
from tests import Hedge
from tests.support import edit

EVENTS, TABLES = "seeds/chain_events.csv", "seeds/chain_fact_tables.csv"
#: The raw tables of an event that comes with Hedge, with its contract.
TOURNAMENT = ",tournament_matches,log_pvp_diamond_tournament_match\n"


def faults(project: Path) -> list[str]:
    return [str(fault) for fault in seed_checks.faults(project)]


def line(project: Path, path: str, text: str) -> int:
    """The number of the one line of a file that has a text."""
    lines = (project / path).read_text().splitlines()
    (number,) = [number for number, one in enumerate(lines, 1) if text in one]
    return number


def test_a_table_without_a_row_is_named_with_its_event(project: Path) -> None:
    edit(
        project / EVENTS, TOURNAMENT, TOURNAMENT.replace("_matches", "_matches tournament_matchez")
    )
    number = line(project, EVENTS, "tournament_matchez")
    assert faults(project) == [
        f"{EVENTS}:{number}: {TABLES} has no line of tournament_matchez, to which TournamentMatch"
        " of pvp_diamond gives facts: add one that says what logs give of it"
    ]


def test_a_table_of_which_logs_give_nothing_is_named_with_its_event(project: Path) -> None:
    edit(
        project / EVENTS, TOURNAMENT, TOURNAMENT.replace("_matches", "_matches tournament_entries")
    )
    number = line(project, TABLES, "tournament_entries,not,")
    assert faults(project) == [
        f"{TABLES}:{number}: given is 'not' of tournament_entries, to which TournamentMatch of"
        " pvp_diamond gives facts: write whole or partly, or take the table from raw_tables of the"
        " event"
    ]


def test_a_row_without_a_view_is_named(project: Path) -> None:
    edit(project / TABLES, "tournament_entries,not,", "tournament_entries,partly,")
    number = line(project, TABLES, "tournament_entries,partly,")
    assert faults(project) == [
        f"{TABLES}:{number}: there is no models/chain/facts/facts_of_tournament_entries.sql, the"
        " view that says what the logs of tournament_entries mean: write it, or write not where"
        " logs give nothing"
    ]


def test_a_view_that_does_not_read_an_event_of_its_table_is_named(project: Path) -> None:
    """Nor by another model that it reads."""
    edit(project / EVENTS, TOURNAMENT, TOURNAMENT.replace("_matches", "_matches metis_battles", 1))
    number = line(project, EVENTS, "tournament_matches metis_battles")
    decoder = "log_pvp_diamond_tournament_match"
    assert faults(project) == [
        f"{EVENTS}:{number}: the view facts_of_metis_battles does not read {decoder}, so that it"
        " has no facts of TournamentMatch: read it in"
        " models/chain/facts/facts_of_metis_battles.sql, or take metis_battles from raw_tables"
    ]
    chain = project / "models/chain"
    (chain / "both.sql").write_text(f"select * from {{{{ ref('{decoder}') }}}}")
    with (chain / "facts/facts_of_metis_battles.sql").open("a") as view:
        view.write("{% set others = ['both'] %}")
    assert faults(project) == []


def test_an_event_without_a_decoder_gives_no_facts(project: Path) -> None:
    edit(project / EVENTS, TOURNAMENT, ",tournament_matches,\n")
    number = line(project, EVENTS, ",tournament_matches,")
    assert faults(project) == [
        f"{EVENTS}:{number}: TournamentMatch of pvp_diamond gives facts to tournament_matches, and"
        " no decoder reads it: hedge new decoder writes one"
    ]


def test_a_view_without_a_row_is_named(project: Path) -> None:
    """Once, where an event names the table as well."""
    facts = project / "models/chain/facts"
    (facts / "facts_of_ponds.sql").write_text("select 1")
    assert faults(project) == [
        f"{TABLES}:1: there is no line of ponds, whose facts the view facts_of_ponds has: add one"
        " that says what logs give of it"
    ]
    edit(project / EVENTS, TOURNAMENT, TOURNAMENT.replace("_matches", "_matches ponds"))
    (fault,) = faults(project)
    assert f"{TABLES} has no line of ponds, to which TournamentMatch of" in fault


def test_seeds_that_cannot_be_read_have_no_other_fault(project: Path) -> None:
    with (project / TABLES).open("a") as file:
        file.write('ponds,"whole\n')
    assert all("a quote is not closed" in fault for fault in faults(project))


def test_the_command_and_a_deploy_refuse_what_a_scaffold_may_leave(
    project: Path, hedge: Hedge
) -> None:
    """Two events of one table have decoders before the table has a view."""
    for event in ("PondDug(address digger)", "PondFilled(address filler)"):
        status, said, error = hedge("new", "decoder", "gold", event, "--table", "ponds")
        assert (status, error) == (0, "")
        assert "seeds check" not in said
    status, _, error = hedge("seeds", "check")
    assert status == 1
    assert [one.partition(": ")[2].partition(" of gold")[0] for one in error.splitlines()] == [
        f"{TABLES} has no line of ponds, to which {event}" for event in ("PondDug", "PondFilled")
    ]
    with pytest.raises(HedgeError, match="has no line of ponds"):
        seed_checks.require_sound(project)
    seed_checks.require_sound(project, are_facts_made=False)
