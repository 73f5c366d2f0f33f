"""The rules of app.data_test_results, with statements as in rules_of_the_app_tables.py."""

from tests.rules_of_the_app_tables import Case, update, words

#: What the cases build on: a test that has found a row.
A_TEST = """
insert into app.data_test_results (name, reads, state, failures, seconds)
values ('t', '{a}', 'FAIL', 1, 0.1);
"""
RULES_OF_RESULTS = [
    Case(
        "data_test_results",
        "a data test that passes has no failures",
        update("data_test_results", "failures = -1", "state = 'PASS'"),
        update("data_test_results", "failures = 0", "failures = 0, state = 'PASS'"),
    ),
    Case(
        "data_test_results",
        "a data test with an error has a message",
        update("data_test_results", "state = 'ERROR'"),
        update("data_test_results", "state = 'ERROR', message = 'why'"),
    ),
    Case(
        "data_test_results",
        "a sample is an array",
        update("data_test_results", "sample = '{}'", "sample = 'null'"),
        update("data_test_results", "sample = '[{}]'"),
    ),
    Case(
        "data_test_results",
        "state is a state of a data test",
        words("data_test_results", "state", "", "fail", "SKIPPED"),
        words("data_test_results", "state", "WARN", "FAIL"),
    ),
]
