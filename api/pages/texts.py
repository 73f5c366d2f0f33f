"""Texts, numbers and units of pages in the language of the reader."""

import re
from collections.abc import Iterable
from decimal import Context, Decimal, localcontext
from typing import Any

from babel.numbers import format_decimal
from jinja2 import pass_context
from markupsafe import Markup

from api.pages.languages import current, first_upper, gettext, message, messages, word, words
from api.pages.times import when
from hedge import completeness, units

#: The least and the most percent that are named, but for nothing and everything.
LEAST, MOST = Decimal("0.01"), Decimal("99")
#: Words of keys that are written otherwise.
ABBREVIATIONS = {one.casefold(): one for one in ("USD", "JEWEL", "LP", "METIS", "PvP")}


def marked(text: str, /, **values: Any) -> Markup:
    """A text in the current language, as markup. Values are escaped; the text is not, since it may
    have tags."""
    return Markup(message(text)) % values


@pass_context
def in_template(_: Any, text: str, /, **values: Any) -> Markup:
    """A text of a template, see marked. The context says that a template may not compute it once
    and for all."""
    return marked(text, **values)


@pass_context
def counted_in_template(
    _: Any, one: str, several: str, number_: Decimal | float, /, **values: Any
) -> Markup:
    """The form of a text of a template for a number, which %(num)s writes."""
    return Markup(messages(one, several, number_)) % ({"num": number(number_)} | values)


def ngettext(one: str, several: str, number_: Decimal | float, /, **values: Any) -> str:
    """The form of a text for a number, which %(num)s writes; see gettext."""
    return messages(one, several, number_) % ({"num": number(number_)} | values)


def number(value: Decimal | float | None, digits: int = 2, fixed: int | None = None) -> str:
    """A number as text: 12,345.67, in German 12.345,67, without trailing zeros; with `fixed`, which
    is what a column needs (hedge.counting.decimals), with exactly as many decimals. All digits
    before the decimals are exact."""
    if value is None:
        return "\N{EN DASH}"
    if not current().is_source:
        return _in_locale(value, digits, fixed)
    if fixed is not None:
        return f"{value:,.{fixed}f}"
    text = f"{value:,.{digits}f}"
    return re.sub(r"\.?0+$", "", text) if "." in text else text


def _in_locale(value: Decimal | float, digits: int, fixed: int | None) -> str:
    """A number by the rules of the current language."""
    exact = Decimal(value)
    decimals = "#" * digits if fixed is None else "0" * fixed
    pattern = f"#,##0.{decimals}" if decimals else "#,##0"
    # babel rounds in the context of decimal, which has 28 digits by default
    with localcontext(Context(prec=max(exact.adjusted(), 0) + len(pattern))):
        return format_decimal(exact, format=pattern, locale=current().locale)


def percent(share: Decimal | float) -> str:
    """A share from 0 to 1 in percent: 41 %, 4.2 %, 0.03 %. What is not nothing is never 0 %, and
    what is not everything never 100 %."""
    value = share * 100
    if 0 < value < LEAST:
        return gettext("less than %(percent)s", percent=_percent(LEAST, 2))
    if MOST < value < 100:
        return gettext("more than %(percent)s", percent=_percent(MOST, 0))
    return _percent(value, 0 if value >= 10 or not value else 1 if value >= 1 else 2)


def _percent(value: Decimal | float, digits: int) -> str:
    return f"{number(value, digits)}\N{NO-BREAK SPACE}%"


def in_unit(value: Decimal | float | None, unit: str | None) -> str:
    """The unit as it stands behind a value: 1 match, 2 matches (see hedge.units)."""
    if not unit or unit == units.FEAT:
        return ""
    return words(units.in_unit(1, unit), unit, 2 if value is None else value)


def unit_name(unit: str | None) -> str:
    """The unit alone, as a heading has it (see hedge.units)."""
    return gettext("done") if unit == units.FEAT else in_unit(None, unit)


def outcome(value: Decimal | float | None) -> str:
    """The value of a feat in words."""
    return gettext("done") if value else gettext("not yet")


def metric_name(key: str) -> str:
    """The key of a metric as a heading: wins of onchain_pvp.wins; stake_usd_value is Stake USD
    value."""
    found = key.rpartition(".")[2].split("_")
    return word(first_upper(" ".join(ABBREVIATIONS.get(one, one) for one in found)))


def complete(chains: Iterable[Any] | None) -> Markup:
    """Up to which block of each followed chain numbers are complete, each after a dot."""
    said = completeness.phrases(chains or (), marked, number, when)
    return Markup("").join(" \N{MIDDLE DOT} " + phrase for phrase in said)
