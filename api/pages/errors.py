"""Errors: a page where the browser asks for one, else the problem of the API."""

from litestar import Request, Response

from api import problems
from api.pages.rendering import page


def answer(request: Request, error: Exception) -> Response:
    """Any error as a page or as a problem, with the same status, sentence and request id."""
    problem = problems.answer(request, error)
    if not wants_page(request):
        return problem
    shown = page(request, "error.html", problem.status_code, problem=problem.content)
    shown.headers |= problem.headers
    return shown


def wants_page(request: Request) -> bool:
    """Whether it is a browser that goes to a page: those name text/html, programs do not."""
    return "text/html" in request.headers.get("accept", "")
