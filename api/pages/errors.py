"""Responses to errors: a page where the client accepts HTML, else the problem of the API."""

from litestar import Request, Response

from api.pages.rendering import page
from api.problems import problem_response


def error_response(request: Request, error: Exception) -> Response:
    """The response to an error. Page and problem have the same status, sentence and request id."""
    problem = problem_response(request, error)
    if not accepts_html(request):
        return problem
    shown = page(request, "error.html", problem.content.status, problem=problem.content)
    shown.headers |= problem.headers
    return shown


def accepts_html(request: Request) -> bool:
    """Whether a browser navigates to the address: only then the header Accept names text/html."""
    return "text/html" in request.headers.get("accept", "")
