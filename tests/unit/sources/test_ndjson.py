"""NDJSON: what becomes of the values of JSON."""

from pathlib import Path

import pytest

from tests.unit.sources import column, outcomes, read, table


@pytest.mark.parametrize(
    ("value", "type_", "outcome"),
    [
        ("9" * 78, "numeric(78,0)", "9" * 78),
        ("0.1" + "0" * 30 + "1", "numeric(38,18)", "0.1" + "0" * 30 + "1"),
        ("1E+5", "bigint", "1E+5"),
        ("-0", "bigint", "-0"),
        ("1759276800000", "timestamp with time zone", "1759276800000"),
        ('"1.50"', "numeric(38,3)", "1.50"),
        ("true", "boolean", "true"),
        ("null", "bigint", None),
        ("[1, null, 12345678901234567890]", "bigint[]", "{1,NULL,12345678901234567890}"),
        ("NaN", "numeric(78,0)", "! value 'NaN' is not a number"),
        ("-Infinity", "text", "! value '-Infinity' is not a number"),
        ("[NaN]", "bigint[]", "! value 'NaN' is not a number"),
        ("[1]", "text", """! value '["1"]' is not a single value"""),
        ('{"a": 1}', "text", """! value '{"a": "1"}' is not a single value"""),
        ('"\\ud83d\\ude00"', "text", "\U0001f600"),
        ('"a\\ud83d"', "text", "! value 'a\\ud83d' contains U+D83D, which PostgreSQL stores in"),
        ('"a\\u0000"', "text", "! value 'a\\u0000' contains U+0000, which PostgreSQL stores in"),
        ('1, "value": 1', "text", "! the key 'value' stands twice in the row"),
        ('{"a": 1, "a": 2}', "text", "! the key 'a' stands twice in the row"),
        ('1, "\\ud800": 1, "\\ud800": 2', "text", "! the key '\\ud800' stands twice in the row"),
        ("[" * 100_000, "text", "! the row is not JSON: it is nested too deeply"),
        ("01", "text", "! the row is not JSON: Expecting ',' delimiter"),
    ],
    ids=lambda given: str(given)[:20],
)
def test_what_becomes_of_a_value(
    tmp_path: Path, value: str, type_: str, outcome: str | None
) -> None:
    (tmp_path / "a.ndjson").write_text(f'{{"value": {value}}}\n{{}}\n')
    found, missing = outcomes(read(tmp_path / "a.ndjson", table(column(type_))))
    assert missing is None
    assert found == outcome or (outcome.startswith("!") and found.startswith(outcome))
