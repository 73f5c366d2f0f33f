"""A setting lasts as long as its transaction, except in the files that open a session of their own.

Sessions of the service are shared, also behind a pooler: what a query leaves behind would be valid
for the next one that uses the session.
"""

import re
from collections.abc import Iterator

from tests import PROJECT

#: The last argument of a call of set_config: whether the setting is of the transaction only.
IS_LOCAL = re.compile(r"set_config\(.*?,\s*(true|false)\s*\)", re.DOTALL)

#: The files that set what is valid until their session ends.
OF_SESSIONS = {
    "hedge/analysis/exclusion_preview.py",
    "hedge/analysis/preview.py",
    "hedge/dbt_runner/kept_sessions.py",
    "hedge/deploying/other_inputs.py",
    "hedge/doctor/recomputing.py",
    "hedge/sql/deploy_session.sql",
    "hedge/sql/runs_probe_session.sql",
    "macros/session_settings.sql",
}


def texts() -> Iterator[tuple[str, str]]:
    """The files of the product that call set_config, with their texts."""
    for folder in ("api", "cli", "hedge", "macros", "models"):
        for path in sorted((PROJECT / folder).rglob("*")):
            if path.suffix in {".py", ".sql"} and "set_config(" in (text := path.read_text()):
                yield str(path.relative_to(PROJECT)), text


def test_a_setting_is_of_its_transaction_except_where_a_session_is_opened() -> None:
    found = {file: IS_LOCAL.findall(text) for file, text in texts()}
    assert found
    for file, calls in found.items():
        assert set(calls) == {"false" if file in OF_SESSIONS else "true"}, file
    assert found.keys() >= OF_SESSIONS


def test_each_call_says_which() -> None:
    for file, text in texts():
        without_comments = re.sub(r"--.*", "", text)
        assert len(IS_LOCAL.findall(text)) == without_comments.count("set_config("), file
