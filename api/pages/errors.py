"""Responses to errors: a page where the client accepts HTML, else the problem of the API."""

from litestar import Request, Response

from api.pages import languages
from api.pages.languages import later, message
from api.pages.rendering import page
from api.problems import problem_response

#: The titles of errors, as HTTP has them.
TITLES = (
    later("Bad Request"),
    later("Unauthorized"),
    later("Forbidden"),
    later("Not Found"),
    later("Method Not Allowed"),
    later("Request Timeout"),
    later("Conflict"),
    later("Request Entity Too Large"),
    later("Too Many Requests"),
    later("Internal Server Error"),
    later("Bad Gateway"),
    later("Service Unavailable"),
)
#: What an error is about, by its code: above the sentence that names the value, which is English.
SENTENCES = {
    "invalid_request": later("This address or form has a value that is not possible here."),
    "not_signed_in": later("Only who is signed in sees this page."),
    "not_allowed": later("You may not do this."),
    "not_found": later("This page or player does not exist."),
    "method_not_allowed": later("This is not possible at this address."),
    "body_too_slow": later("The form took too long to arrive. Try again."),
    "conflict": later("This is not possible as things stand."),
    "body_too_large": later("The form is too large."),
    "too_many_requests": later("That was too often. Wait for a moment, and try again."),
    "internal_error": later("Something went wrong here. It was noted."),
    "discord_failed": later("Discord did not answer as it should. Try again in a moment."),
    "unavailable": later("The service is not available right now. Try again in a moment."),
    "changed_meanwhile": later("Somebody changed this at the same time. Look, and try again."),
    "unknown_board": later("This board does not exist."),
    "unknown_challenge": later("This challenge does not exist."),
    "unknown_cluster": later("This player does not exist."),
    "unknown_run": later("This run does not exist."),
    "unknown_season": later("This season does not exist."),
    "unknown_reward": later("This reward does not exist."),
    "not_computed": later("This was not computed yet."),
}


def error_response(request: Request, error: Exception) -> Response:
    """The response to an error. Page and problem have the same status, sentence and request id."""
    problem = problem_response(request, error)
    if not accepts_html(request):
        return problem
    # where no route was found, or a guard refused, nothing has chosen it yet
    languages.use(languages.of_request(request))
    sentence = SENTENCES.get(problem.content.code)
    shown = page(
        request,
        "error.html",
        problem.content.status,
        problem=problem.content,
        title=message(problem.content.title),
        sentence=sentence and message(sentence),
    )
    shown.headers |= problem.headers
    return shown


def accepts_html(request: Request) -> bool:
    """Whether a browser navigates to the address: only then the header Accept names text/html."""
    return "text/html" in request.headers.get("accept", "")
