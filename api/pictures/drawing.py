"""The SVG of a card, 1200 by 630. Colours and shapes are those of the pages in the dark."""

from collections.abc import Iterator

from api.pictures.cards import Card, Named
from api.pictures.letters import Line, clean, fitted

WIDTH, HEIGHT, LEFT, RIGHT = 1200, 630, 72, 1128
INK, SOFT, GOLD, JEWEL, RAIL = "#f3efe3", "#a9bdb6", "#efbf5d", "#54d8b1", "#1f4741"
#: The shapes of parts.html and base.html, in a square of 16, and their colours.
GEMS = {
    "BASIC": ("#bcc5d1", "M13.5 8a5.5 5.5 0 1 1-11 0 5.5 5.5 0 0 1 11 0z"),
    "ADVANCED": ("#67d58f", "M8 1.5 15 14H1z"),
    "ELITE": ("#74b5ff", "M8 .5 14 8l-6 7.5L2 8z"),
    "LEGENDARY": ("#ffb05c", "M8 .5 14.5 4v8L8 15.5 1.5 12V4z"),
    "EXALTED": ("#ff86b3", "M8 .5 14.5 4v8L8 15.5 1.5 12V4z"),
    "MYTHIC": (
        "#cc9fff",
        "m8 .3 2.2 5.1 5.5.5-4.2 3.6 1.3 5.4L8 12.1l-4.8 2.8 1.3-5.4L.3 5.9l5.5-.5z",
    ),
}
GEMS |= {"COMMON": GEMS["BASIC"], "UNCOMMON": GEMS["ADVANCED"], "RARE": GEMS["ELITE"]}


def svg(card: Card) -> str:
    """The whole picture."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}">'
        + "".join([*_ground(), *_gem(card), *_words(card), *_list(card), *_marks(card)])
        + "</svg>"
    )


def _text(given: str | Named, style: str, size: float, width: float, otherwise: str = "") -> Line:
    """A line of words that is no wider; a name, or what stands in its place."""
    named = given if isinstance(given, Named) else Named(given, otherwise)
    text = clean(named.name, style) or clean(named.otherwise, style)
    return fitted(text, style, size, width) if text else Line("", 0)


def _at(line: Line, x: float, y: float, colour: str) -> str:
    return f'<g transform="translate({x:.1f} {y:.1f})" fill="{colour}">{line.svg}</g>'


def _ground() -> Iterator[str]:
    """The background with its facets, and the sign of the service."""
    yield (
        '<defs><linearGradient id="ground" x1="0" y1="0" x2="1" y2="1">'
        '<stop offset="0" stop-color="#143c36"/><stop offset="1" stop-color="#081b19"/>'
        "</linearGradient></defs>"
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="url(#ground)"/>'
        '<g fill="#54d8b1"><path fill-opacity=".05" d="M760 0h440v390z"/>'
        '<path fill-opacity=".05" d="M980 0h220v630l-330-220z"/>'
        '<path fill-opacity=".04" d="M870 410l330 220H640z"/></g>'
        f'<rect y="{HEIGHT - 8}" width="{WIDTH}" height="8" fill="#c89b3c"/>'
        f'<g transform="translate({LEFT} 536) scale(1.4)">'
        '<path fill="#2ba585" d="M16 2l11 8-4 16H9L5 10z"/>'
        '<path fill="#8df0d0" d="M16 2l5 9-5 15-5-15z"/></g>'
    )
    yield _at(_text("Hedge", "serif", 32, 300), LEFT + 58, 569, INK)


def _gem(card: Card) -> Iterator[str]:
    """The shape of the tier, large; without a tier, that of the service."""
    if card.rows:
        return
    if card.tier in GEMS:
        colour, shape = GEMS[card.tier]
        yield (
            f'<g transform="translate(880 176) scale(15)"><path fill="{colour}" d="{shape}"/>'
            '<g transform="translate(3.6 3.6) scale(.55)">'
            f'<path fill="#fff" fill-opacity=".22" d="{shape}"/></g></g>'
        )
    else:
        yield (
            '<g transform="translate(862 150) scale(8.6)"><path fill="#2ba585"'
            ' d="M16 2l11 8-4 16H9L5 10z"/><path fill="#8df0d0" d="M16 2l5 9-5 15-5-15z"/></g>'
        )


def _words(card: Card) -> Iterator[str]:
    """Title and lines, and the figure with its bar."""
    width = RIGHT - LEFT if card.rows else 770
    yield _at(_text(card.eyebrow, "sans", 27, width), LEFT, 96, GOLD)
    title = _text(card.title, "serif", 62, 4000)
    # a long title is smaller, and ends in an ellipsis where that is not enough
    size = max(42.0, min(62.0, 62 * width / max(title.width, 1)))
    yield _at(_text(card.title, "serif", size, width), LEFT, 168, INK)
    yield _at(_text(card.about, "sans", 29, width), LEFT, 220, SOFT)
    if not card.figure:
        return
    figure = _text(card.figure, "serif", 104, 640)
    yield _at(figure, LEFT, 352, INK)
    yield _at(
        _text(card.unit, "sans", 40, width - figure.width), LEFT + figure.width + 20, 352, SOFT
    )
    if card.length is not None:
        colour = GEMS[card.tier][0] if card.tier in GEMS else JEWEL
        filled = max(min(card.length, 100), 0) * 7.6
        yield f'<rect x="{LEFT}" y="382" width="760" height="14" rx="7" fill="{RAIL}"/>'
        if filled:
            yield (
                f'<rect x="{LEFT}" y="382" width="{max(filled, 14):.1f}" height="14" rx="7"'
                f' fill="{colour}"/>'
            )
    yield _at(_text(card.beneath, "sans", 30, width), LEFT, 440, SOFT)


def _list(card: Card) -> Iterator[str]:
    """The first of a list, with their bars."""
    for place, row in enumerate(card.rows[:5]):
        y = 290 + place * 50
        value = _text(row.value, "serif", 32, 300)
        who = _text(row.who, "sans", 32, 440)
        yield _at(_text(str(row.rank), "serif", 32, 60), LEFT, y, GOLD if row.rank <= 3 else SOFT)
        yield _at(who, LEFT + 68, y, INK)
        yield _at(value, RIGHT - value.width, y, INK)
        colour = "#c89b3c" if row.rank == 1 else JEWEL
        filled = max(min(row.length, 100), 0) * 3.4
        yield f'<rect x="590" y="{y - 18}" width="340" height="12" rx="6" fill="{RAIL}"/>'
        if filled:
            yield (
                f'<rect x="590" y="{y - 18}" width="{max(filled, 12):.1f}" height="12" rx="6"'
                f' fill="{colour}"/>'
            )


def _marks(card: Card) -> Iterator[str]:
    """Tiers side by side, at the right of the sign of the service, as many as fit."""
    lines = [(mark, _text(mark.words, "sans", 26, 420)) for mark in card.marks]
    room, shown = RIGHT - 300.0, []
    for mark, line in lines:
        if line.width + 76 > room:
            break
        room -= line.width + 76
        shown.append((mark, line))
    x = 300 + room
    for mark, line in shown:
        colour, shape = GEMS.get(mark.tier, GEMS["BASIC"])
        yield (
            f'<g transform="translate({x + 28:.1f} 542) scale(1.8)" fill="{colour}">'
            f'<path d="{shape}"/></g>'
        )
        yield _at(line, x + 68, 566, INK)
        x += line.width + 76
