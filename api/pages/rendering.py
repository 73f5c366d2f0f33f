"""The template engine with its filters, and the headers of every page."""

import functools
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.types import Empty
from markupsafe import Markup

from api.pages import languages, texts
from api.pages.countdown import remaining
from api.pages.portraits import portrait
from api.pages.texts import complete, in_unit, metric_name, number, outcome, percent, unit_name
from api.pages.times import day, exact, last_day, shown_period, until, when
from api.settings import Settings
from hedge.counting import counted, decimals
from hedge.units import FEAT

_FOLDER = Path(__file__).parent
STATIC = _FOLDER / "static"
#: The icon of base.html as a file that every browser knows: pictures of 16 and 32 pixels.
ICON = (STATIC / "favicon.ico").read_bytes()


@functools.cache
def engine() -> JinjaTemplateEngine:
    """The template engine, one for all applications of a process. It escapes every value; an
    undefined name is an error."""
    environment = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        cache_size=100,
    )
    environment.globals |= {
        "_": texts.in_template,
        "ngettext": texts.counted_in_template,
        "picture": picture,
        "portrait": portrait,
        "asset": asset,
        "period": shown_period,
        "FEAT": FEAT,
    }
    environment.filters |= {
        "number": number,
        "when": when,
        "exact": exact,
        "until": until,
        "day": day,
        "last_day": last_day,
        "counted": counted,
        "decimals": decimals,
        "in_unit": in_unit,
        "unit_name": unit_name,
        "outcome": outcome,
        "metric_name": metric_name,
        "percent": percent,
        "first_upper": languages.first_upper,
        "remaining": remaining,
        "complete": complete,
        "word": languages.word,
    }
    # compiled at startup, so that no request waits for it
    for name in environment.list_templates():
        environment.get_template(name)
    return JinjaTemplateEngine.from_environment(environment)


def page(request: Request, name: str, status: int = 200, **context: Any) -> Response[str]:
    """The response with a rendered template and the headers of pages. Besides the context,
    templates see who is signed in, the notice that set_notice stored, and the languages. The
    page is in the language that before_request of the application, or error_response, has found
    for its reader; pages of admins are in English."""
    is_of_admins = name.startswith("admin_")
    language = languages.use_source() if is_of_admins else languages.current()
    session = request.scope.get("session")
    session = session if isinstance(session, dict) else {}
    common: dict[str, Any] = {
        "path": request.url.path,
        "notice": session.pop("notice", None) if status < 400 else None,
        "is_player": "player" in session,
        "is_admin": "admin" in session,
        "can_sign_in": bool(request.app.state.settings.discord_client_id),
        "public_url": request.app.state.settings.public_url,
        "language": language,
        "languages": [] if is_of_admins else _choices(request, language),
    }
    templates = request.app.template_engine
    assert templates is not None  # create_app sets it
    text = templates.get_template(name).render(common | context)
    return Response(
        # JSON can contain half of a surrogate pair, which UTF-8 cannot encode
        text.encode("utf-8", "replace"),
        status_code=status,
        media_type="text/html",
        headers={
            **security_headers(request.app.state.settings),
            "Content-Language": language.tag,
            "Vary": "Accept-Language, Cookie",
        },
        cookies=_chosen(request),
    )


def _choices(request: Request, shown: languages.Language) -> list[dict[str, Any]]:
    """The languages of a page, each with its address there: the same one, which names it."""
    query = [
        (key, value)
        for key, value in parse_qsl(request.url.query, keep_blank_values=True)
        if key != languages.PARAMETER
    ]
    return [
        {
            "tag": one.tag,
            "name": one.name,
            "query": urlencode([*query, (languages.PARAMETER, one.tag)], errors="replace"),
            "is_current": one == shown,
        }
        for one in languages.languages().values()
    ]


def _chosen(request: Request) -> list[Cookie]:
    """The cookie that keeps the language which an address names, where there is that language."""
    tag = languages.chosen(request)
    if tag is None:
        return []
    secure = request.app.state.settings.is_production
    return [
        Cookie(
            languages.COOKIE,
            value=tag,
            max_age=languages.KEPT,
            secure=secure,
            httponly=True,
            samesite="lax",
        )
    ]


@functools.cache
def security_headers(settings: Settings) -> Mapping[str, str]:
    """Headers that allow a page to run and load only files of this service."""
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "form-action": f"'self' {settings.discord_url}",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "X-Content-Type-Options": "nosniff",
        # under a stricter policy, browsers send forms without the header Origin
        "Referrer-Policy": "same-origin",
        "Cache-Control": "private, no-store",
    }


def set_notice(request: Request, sentence: str, *, is_error: bool = False) -> None:
    """Store a sentence in the session; the next page of this browser shows it once."""
    if request.scope.get("session") is Empty:
        request.set_session({})
    request.session["notice"] = {"sentence": sentence[:300], "is_error": is_error}


@functools.cache
def asset(name: str) -> str:
    """The address of a static file with its hash, so that caches never serve an older file."""
    version = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]
    return f"/static/{name}?v={version}"


@functools.cache
def _pictures() -> frozenset[str]:
    """The names of the icons that there are."""
    return frozenset(re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons.svg").read_text()))


def picture(*names: str | None) -> Markup:
    """An icon: the first of some names that icons.svg has, else a general one. A challenge passes
    the icon of its seed and its category, so that a new one has a picture at once."""
    found = next((one for one in names if one in _pictures()), "general")
    return Markup('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>').format(
        asset("icons.svg"), found
    )
