"""Errors as problems: which error has which status and which sentence, and what stays inside."""

from typing import Any

import psycopg
import psycopg_pool
import pytest
import structlog
from litestar.exceptions import HTTPException, ValidationException
from litestar.testing import RequestFactory

from api.problems import CHANGED_MEANWHILE, Refused, problem_response, request_id
from hedge.errors import DatabaseAway, HedgeError, UsageError


def problem(error: Exception) -> tuple[int, str, dict[str, str]]:
    """Status, sentence and headers of the problem of an error."""
    response = problem_response(RequestFactory().get("/"), error)
    assert response.media_type == "application/problem+json"
    body = response.content
    assert response.status_code == body.status
    assert body.type == "about:blank"
    assert len(body.requestId) == 16
    return body.status, body.detail, dict(response.headers)


@pytest.mark.parametrize(
    ("error", "status", "sentence", "headers"),
    [
        (Refused(404, "no board x"), 404, "no board x", {}),
        (Refused(401, "sign in", **{"WWW-Authenticate": "Bearer"}), 401, "sign in", ...),
        (HTTPException(status_code=405), 405, "GET is not possible at /", {}),
        (UsageError("no metric x"), 400, "no metric x", {}),
        (HedgeError("it runs already"), 409, "it runs already", {}),
        (RecursionError(), 400, "the body is nested too deeply", {}),
        (psycopg.DataError("inside"), 400, "a value holds what no text or number can", {}),
        (psycopg_pool.PoolTimeout("inside"), 503, "the database does not answer", ...),
        (DatabaseAway("inside"), 503, "the database does not answer", ...),
        (psycopg.OperationalError("inside"), 503, "the database does not answer", ...),
        (psycopg.errors.ForeignKeyViolation("inside"), 409, CHANGED_MEANWHILE, {}),
        (psycopg.errors.UniqueViolation("inside"), 409, CHANGED_MEANWHILE, {}),
        (psycopg.IntegrityError("inside"), 500, "something went wrong here", {}),
        (ValueError("inside"), 500, "something went wrong here", {}),
    ],
)
def test_an_error_has_a_status_and_a_sentence(
    error: Exception, status: int, sentence: str, headers: Any
) -> None:
    wanted = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "5"}}
    with structlog.testing.capture_logs() as logged:
        assert problem(error) == (
            status,
            sentence,
            wanted[status] if headers is ... else headers,
        )
    # what is not expected, and an outage, is in the log, and nothing else is
    if status == 500:
        assert logged == [{"event": "unexpected error", "exc_info": error, "log_level": "error"}]
    elif status == 503:
        assert logged == [{"event": sentence, "error": "inside", "log_level": "warning"}]
    else:
        assert logged == []


@pytest.mark.parametrize(
    ("extra", "sentence"),
    [
        ([{"message": "Expected `int`", "key": "limit"}], "limit: Expected `int`"),
        ([{"message": "Expected `int` - at `$.maxEntries`"}], "maxEntries: Expected `int`"),
        ([{"message": "first"}, {"message": "second"}], "first"),
        (
            [{"message": "Invalid enum value 'ALL' - at `$.scoring`"}],
            "scoring: 'ALL' is not LIFETIME or SEASON",
        ),
        (
            [{"message": f"Invalid enum value '{'x' * 99}' - at `$.scoring`"}],
            f"scoring: '{'x' * 80}' is not LIFETIME or SEASON",
        ),
        (
            [{"message": "Invalid enum value 'x' - at `$.other`"}],
            "other: Invalid enum value 'x'",
        ),
        ([], "the whole"),
        (None, "the whole"),
        ({"key": "x"}, "the whole"),
    ],
)
def test_the_first_fault_of_a_body_is_told_after_its_field(extra: Any, sentence: str) -> None:
    error = ValidationException("the whole", extra=extra)
    assert problem(error)[:2] == (400, sentence)


def test_half_of_a_surrogate_pair_is_no_reason_to_fail() -> None:
    assert problem(UsageError("no board \ud800"))[1] == "no board ?"


def test_a_request_keeps_its_id() -> None:
    request = RequestFactory().get("/")
    assert request_id(request) == request_id(request)
    assert request_id(request) != request_id(RequestFactory().get("/"))
    request.scope["state"]["request_id"] = "given"
    assert request_id(request) == "given"
