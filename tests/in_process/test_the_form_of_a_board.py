"""The form by which an admin makes and changes a board: every field, and what it keeps."""

import re

import httpx
import psycopg
import pytest

from hedge import boards
from tests.in_process import HTML
from tests.in_process.test_what_an_admin_does import browser, known, submit

__all__ = ["browser", "known"]

# one database for all of them, so one process
pytestmark = pytest.mark.xdist_group("the_form_of_a_board")

FORM = {
    "key": "form",
    "name": " Form ",
    "description": " All of it ",
    "category": "hero_progression",
    "metric": " onchain_pvp.wins ",
    "window": "WEEKLY",
    "maxEntries": "10",
    "correctedForDays": "7",
}


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({}, {}),
        ({"isActive": "on"}, {"is_active": True}),
        ({"isPublic": "on"}, {"is_public": True}),
        ({"verifiedOnly": "on"}, {"verified_only": True}),
        (
            {"fallback": "onchain_hunting.wins"},
            {"fallback_metric_source": "onchain_hunting", "fallback_metric_key": "wins"},
        ),
        ({"fallback": ".best_win_streak"}, {"fallback_metric_key": "best_win_streak"}),
        (
            {"metricDirection": "asc", "ranking": "row"},
            {"metric_direction": "asc", "ranking": "row", "last_key": "cluster_id"},
        ),
        (
            {
                **{"fallback": ".best_win_streak", "third": "onchain_hunting.wins"},
                **{"fourth": ".matches_played", "fourthDirection": "asc", "ranking": "standard"},
            },
            {
                "fallback_metric_key": "best_win_streak",
                "third_metric_source": "onchain_hunting",
                "third_metric_key": "wins",
                "fourth_metric_key": "matches_played",
                "fourth_direction": "asc",
                "ranking": "standard",
            },
        ),
        ({"maxEntries": "1"}, {"max_entries": 1}),
        ({"correctedForDays": "30"}, {"corrected_for_days": 30}),
        ({"isFrozen": "on"}, {"is_frozen": True}),
    ],
)
def test_a_board_is_saved_as_the_form_says(
    rows: psycopg.Connection, browser: httpx.Client, fields: dict, wanted: dict
) -> None:
    rows.execute("delete from app.leaderboard_defs where key = 'form'")
    sentence = submit(browser, "/admin/boards", "/admin/boards", **FORM | fields | {"new": "1"})
    assert sentence == "Board form is saved."
    found = vars(boards.board(rows, "form"))
    assert (
        found
        == {
            "key": "form",
            "name": "Form",
            "description": "All of it",
            "category_key": "hero_progression",
            "metric_source": "onchain_pvp",
            "metric_key": "wins",
            "fallback_metric_source": None,
            "fallback_metric_key": None,
            "time_window": "WEEKLY",
            "is_active": False,
            "is_public": False,
            "verified_only": False,
            "max_entries": 10,
            "corrected_for_days": 7,
            "is_frozen": False,
            "metric_direction": "desc",
            "fallback_direction": "desc",
            "third_metric_source": None,
            "third_metric_key": None,
            "third_direction": "desc",
            "fourth_metric_source": None,
            "fourth_metric_key": None,
            "fourth_direction": "desc",
            "ranking": "dense",
            "last_key": None,
            "state": "live",
        }
        | wanted
    )
    # a new board replaces none
    again = submit(browser, "/admin/boards", "/admin/boards", **FORM | {"new": "1", "name": "x"})
    assert again == "! there is a board form already"
    assert boards.board(rows, "form").name == "Form"
    submit(browser, "/admin/boards", "/admin/boards", **FORM | fields | {"name": "Other"})
    assert vars(boards.board(rows, "form")) == found | {"name": "Other"}
    page = browser.get("/admin/boards/edit?key=form", headers=HTML).text
    for column in ("is_active", "is_public", "verified_only", "is_frozen"):
        field = re.sub("_(.)", lambda letter: letter[1].upper(), column)
        checked = re.search(rf'name="{field}"( checked)?>', page)[1] is not None
        assert checked is found[column], field
    assert "<option selected>WEEKLY</option>" in page
    assert "<option selected>hero_progression</option>" in page
    assert browser.get("/admin/boards/edit?key=none", headers=HTML).status_code == 404
