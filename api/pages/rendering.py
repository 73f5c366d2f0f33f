"""The template engine with its filters, and the headers of every page."""

import functools
import hashlib
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Request, Response
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.types import Empty
from markupsafe import Markup

from api.pages.countdown import remaining
from api.pages.portraits import portrait
from api.pages.times import day, exact, last_day, shown_period, until, when
from api.settings import Settings
from hedge import completeness
from hedge.counting import counted, decimals
from hedge.units import FEAT, in_unit, outcome, unit_name

_FOLDER = Path(__file__).parent
STATIC = _FOLDER / "static"
#: The icon of base.html as a file that every browser knows: pictures of 16 and 32 pixels.
ICON = (STATIC / "favicon.ico").read_bytes()
#: The least and the most percent that are named, but for nothing and everything.
LEAST, MOST = Decimal("0.01"), Decimal("99")
#: Words of keys that are written otherwise.
ABBREVIATIONS = {one.casefold(): one for one in ("USD", "JEWEL", "LP", "METIS", "PvP")}


def engine() -> JinjaTemplateEngine:
    """The template engine. It escapes every value; an undefined name is an error."""
    environment = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        cache_size=100,
    )
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
        "first_upper": first_upper,
        "remaining": remaining,
        "complete": complete,
    }
    environment.globals |= {"picture": picture, "portrait": portrait, "asset": asset}
    environment.globals |= {"period": shown_period, "FEAT": FEAT}
    # compiled at startup, so that no request waits for it
    for name in environment.list_templates():
        environment.get_template(name)
    return JinjaTemplateEngine.from_environment(environment)


def page(request: Request, name: str, status: int = 200, **context: Any) -> Response[str]:
    """The response with a rendered template and the headers of pages. Besides the context,
    templates see who is signed in, and the notice that set_notice stored."""
    session = request.scope.get("session")
    session = session if isinstance(session, dict) else {}
    common: dict[str, Any] = {
        "path": request.url.path,
        "notice": session.pop("notice", None) if status < 400 else None,
        "is_player": "player" in session,
        "is_admin": "admin" in session,
        "can_sign_in": bool(request.app.state.settings.discord_client_id),
        "public_url": request.app.state.settings.public_url,
    }
    templates = request.app.template_engine
    assert templates is not None  # create_app sets it
    text = templates.get_template(name).render(common | context)
    return Response(
        # JSON can contain half of a surrogate pair, which UTF-8 cannot encode
        text.encode("utf-8", "replace"),
        status_code=status,
        media_type="text/html",
        headers=dict(security_headers(request.app.state.settings)),
    )


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


def number(value: Decimal | float | None, digits: int = 2, fixed: int | None = None) -> str:
    """A number as text: 12,345.67, without trailing zeros; with `fixed`, which is what a column
    needs (hedge.counting.decimals), with exactly as many decimals."""
    if value is None:
        return "\N{EN DASH}"
    if fixed is not None:
        return f"{value:,.{fixed}f}"
    text = f"{value:,.{digits}f}"
    return re.sub(r"\.?0+$", "", text) if "." in text else text


def percent(share: Decimal | float) -> str:
    """A share from 0 to 1 in percent: 41 %, 4.2 %, 0.03 %. What is not nothing is never 0 %, and
    what is not everything never 100 %."""
    value = share * 100
    if 0 < value < LEAST:
        return f"less than {LEAST}\N{NO-BREAK SPACE}%"
    if MOST < value < 100:
        return f"more than {MOST}\N{NO-BREAK SPACE}%"
    digits = 0 if value >= 10 or not value else 1 if value >= 1 else 2
    return f"{number(value, digits)}\N{NO-BREAK SPACE}%"


def complete(chains: Iterable[Any] | None) -> Markup:
    """Up to which block of each followed chain numbers are complete, each after a dot."""
    said = completeness.phrases(chains or (), when)
    return Markup("").join(" \N{MIDDLE DOT} " + phrase for phrase in said)


def metric_name(key: str) -> str:
    """The key of a metric as a heading: wins of onchain_pvp.wins; stake_usd_value is Stake USD
    value."""
    words = key.rpartition(".")[2].split("_")
    return first_upper(" ".join(ABBREVIATIONS.get(word, word) for word in words))


def first_upper(text: str) -> str:
    """A text that begins with a capital; the rest stays as it is, such as USD."""
    return text[:1].upper() + text[1:]
