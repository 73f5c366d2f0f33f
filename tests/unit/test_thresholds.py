"""From when on raw tables are stale, read from a project without dbt."""

import gzip

import pytest

from hedge.errors import HedgeError
from hedge.project import thresholds

SOURCES = b"""
sources:
  - name: raw
    config:
      freshness:
        warn_after: {count: 1, period: day}
        error_after: {count: 3, period: day}
    tables:
      - name: inherits
      - name: has_hours
        config: {freshness: {error_after: {count: 36, period: hour}}}
      - name: warns_only
        config: {freshness: {warn_after: {count: 2, period: day}, error_after: null}}
      - name: keeps_the_error
        config: {freshness: {warn_after: {count: 2, period: day}}}
      - name: has_none
        config: {freshness: null}
      - name: is_of_an_older_form
        freshness: {error_after: {count: 90, period: minute}}
  - name: ledger
    tables: [{name: etl_runs}]
"""


def test_a_table_has_the_threshold_of_its_source_unless_it_has_its_own() -> None:
    day = 86_400
    assert thresholds.of_text(SOURCES) == {
        "inherits": 3 * day,
        "has_hours": 36 * 3600,
        "keeps_the_error": 3 * day,
        "is_of_an_older_form": 90 * 60,
    }
    assert thresholds.of_text(SOURCES, "warn_after")["inherits"] == day


@pytest.mark.parametrize(
    ("archive", "sentence"),
    [
        (b"no archive", "cannot be read"),
        (gzip.compress(bytes(1024)), "cannot be read"),
    ],
    # not the bytes, which hold the time: each process of the tests has to collect the same
    ids=["no archive", "an archive of nothing"],
)
def test_an_archive_that_cannot_be_read_is_told(archive: bytes, sentence: str) -> None:
    with pytest.raises(HedgeError, match=sentence):
        thresholds.of_archive(archive)


@pytest.mark.parametrize(
    "text", [b"sources: {", b"sources: [1]", b"[]", SOURCES.replace(b"hour", b"fortnight")]
)
def test_sources_that_are_wrong_are_told(text: bytes) -> None:
    if text == b"[]":
        assert thresholds.of_text(text) == {}
    else:
        with pytest.raises(HedgeError, match=r"_sources\.yml of the deployed project is wrong: "):
            thresholds.of_text(text)
