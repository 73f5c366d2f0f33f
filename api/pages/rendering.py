"""The template engine with its filters, and the headers of every page."""

import functools
import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Request, Response
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.types import Empty
from markupsafe import Markup, escape

from api.settings import Settings
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
    }
    environment.globals |= {"asset": asset, "period": period, "FEAT": FEAT}
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


def when(value: datetime | str | None) -> Markup:
    """An instant in UTC; pages.js adds the local time of the reader."""
    if value is None:
        return Markup("\N{EN DASH}")
    at = _instant(value)
    return Markup('<time datetime="{}">{}</time>').format(
        f"{at:%Y-%m-%dT%H:%M:%SZ}", f"{at:%Y-%m-%d %H:%M} UTC"
    )


def until(value: datetime | str) -> Markup:
    """The instant at which something ends, in UTC: a midnight is 24:00 of the day that it ends, so
    that it names the same day as last_day."""
    at = _instant(value)
    if at.time() != time():
        return when(at)
    return Markup('<time datetime="{}">{}</time>').format(
        f"{at:%Y-%m-%dT%H:%M:%SZ}", f"{at - timedelta(days=1):%Y-%m-%d} 24:00 UTC"
    )


def last_day(value: datetime | str) -> Markup:
    """The UTC day that is the last one before an end, which does not belong to the period."""
    return day((_instant(value) - timedelta(microseconds=1)).date())


def metric_name(key: str) -> str:
    """The key of a metric as a heading: wins of onchain_pvp.wins; stake_usd_value is Stake USD
    value."""
    words = key.rpartition(".")[2].split("_")
    return first_upper(" ".join(ABBREVIATIONS.get(word, word) for word in words))


def first_upper(text: str) -> str:
    """A text that begins with a capital; the rest stays as it is, such as USD."""
    return text[:1].upper() + text[1:]


def day(value: date | str | None) -> Markup:
    """A UTC day."""
    if value is None:
        return Markup("\N{EN DASH}")
    text = escape(str(value)[:10])
    return Markup('<time datetime="{0}">{0}</time>').format(text)


def period(start: datetime | None, end: datetime | None, window: str) -> str:
    """A board period in words, with its last day, which is included."""
    if start is None or end is None:
        return "All time"
    last = end - timedelta(seconds=1)
    if window == "MONTHLY" and start.day == end.day == 1 and last.month == start.month:
        return f"{start:%B %Y}"
    if start.date() == last.date():
        return f"{start:%Y-%m-%d}"
    return f"{start:%Y-%m-%d} to {last:%Y-%m-%d}"


def _instant(value: datetime | str) -> datetime:
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return at.astimezone(UTC)
