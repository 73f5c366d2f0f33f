"""Pictures for previews of links: widths, letters that fonts lack, names that attack."""

import io
import struct
from xml.etree import ElementTree

import msgspec
import pytest

from api.pictures import letters, process
from api.pictures.cards import Card, Mark, Named, Row
from api.pictures.drawing import GEMS, svg
from api.pictures.letters import clean, fitted, line
from api.pictures.painter import tag

#: Names of players and what a picture says; nothing stands for the id of the cluster.
NAMES = {
    "Zenobia": "Zenobia",
    "Zen\N{DRAGON}obia \N{DRAGON}": "Zenobia",
    "\N{DRAGON}\N{DRAGON}": None,
    "\N{RIGHT-TO-LEFT OVERRIDE}evil\N{POP DIRECTIONAL FORMATTING}": "evil",
    "line\nbreak\t\x00\x1b[31m": "line break [31m",
    "zero\N{ZERO WIDTH JOINER}width": "zerowidth",
    "<script>&amp;": "<script>&amp;",
    "שלום Zenobia": "שלום Zenobia",
    "日本語": "日本語",
    "한국어": "한국어",
    "ქართული Հայերեն": "ქართული Հայերեն",
    # no font has its letters
    "हिन्दी": None,
    "": None,
    "   ": None,
}


@pytest.mark.parametrize(("name", "expected"), NAMES.items(), ids=[repr(name) for name in NAMES])
@pytest.mark.parametrize("style", letters.STYLES)
def test_a_name_is_written_where_fonts_have_its_letters(
    name: str, expected: str | None, style: str
) -> None:
    assert clean(name, style) == expected
    if expected is not None:
        assert line(expected, style, 30).width > 0


def test_a_line_is_as_wide_as_its_letters_and_a_long_one_ends_in_an_ellipsis() -> None:
    one, two = (line("W" * number, "sans", 32).width for number in (1, 2))
    assert two == pytest.approx(2 * one)
    assert line("W", "sans", 64).width == pytest.approx(2 * one)
    assert line("i", "sans", 32).width < one
    # it fits to the pixel, and by a pixel it does not
    whole = line("W" * 64, "sans", 32)
    assert fitted("W" * 64, "sans", 32, whole.width) == whole
    cut = fitted("W" * 64, "sans", 32, whole.width - 1)
    assert cut.width < whole.width
    for width in (440, 100):
        cut = fitted("W" * 64, "sans", 32, width)
        assert width - one < cut.width <= width
        assert cut.svg.endswith(line("…", "sans", 32).svg.rpartition(" d=")[2])


def test_what_is_read_from_right_to_left_stands_so() -> None:
    def xs(text: str) -> list[float]:
        root = ElementTree.fromstring(f"<g>{line(text, 'sans', 32).svg}</g>")
        return [float(path.get("transform")[10:].split()[0]) for path in root]

    # Z is drawn first where the name begins with it, and last where it stands at the end
    latin = line("Z", "sans", 32)
    mixed = line("שלום Z", "sans", 32)
    assert mixed.svg.startswith(latin.svg)
    assert not line("Z שלום", "sans", 32).svg.endswith(latin.svg)
    assert xs("Z שלום")[0] == 0
    assert xs("שלום Z")[0] == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_card_is_svg_whatever_somebody_is_called(name: str) -> None:
    who = Named(name, "demo-busy")
    for card in (
        Card(name, who, who, name, name, name, 50, "ELITE", [Mark("MYTHIC", name)]),
        Card(name, who, rows=[Row(1, who, name, 1e9), Row(2, who, "1", -5)]),
    ):
        root = ElementTree.fromstring(svg(card))
        assert {one.tag.rpartition("}")[2] for one in root.iter()} <= {
            *("svg", "g", "path", "rect", "defs", "linearGradient", "stop")
        }


def test_a_tier_has_its_shape_and_marks_stay_inside() -> None:
    cards = {tier: svg(Card("", Named("x"), tier=tier)) for tier in (*GEMS, "NONE", "OTHER")}
    assert cards["NONE"] == cards["OTHER"]
    shapes = {one for tier, one in cards.items() if tier in GEMS}
    # three names stand for the same shapes
    assert len(shapes) == len(GEMS) - 3
    many = [Mark("ELITE", "12 Elite")] * 20
    root = ElementTree.fromstring(svg(Card("", Named("x"), marks=many)))
    lefts = [
        float(one.get("transform")[10:].split()[0])
        for one in root.iter()
        if one.get("transform", "").endswith("542) scale(1.8)")
    ]
    assert 3 < len(lefts) < 8
    assert min(lefts) >= 300


def test_the_process_draws_one_after_the_other_and_survives_what_it_cannot() -> None:
    cards = [msgspec.json.encode(Card("BOARD", Named("Wins"))), b"{}", b"nonsense"]
    sent = b"".join(process.LENGTH.pack(len(one)) + one for one in (*cards, cards[0]))
    taken = io.BytesIO()
    process.serve(io.BytesIO(sent), taken)
    taken.seek(0)
    pictures = []
    while head := taken.read(4):
        pictures.append(taken.read(*struct.unpack(">I", head)))
    assert pictures[1:3] == [b"", b""]
    assert pictures[0] == pictures[3]
    assert pictures[0].startswith(b"\x89PNG")
    assert struct.unpack(">II", pictures[0][16:24]) == (1200, 630)


def test_a_picture_of_something_else_has_another_tag() -> None:
    one, other = Card("BOARD", Named("Wins")), Card("BOARD", Named("Losses"))
    assert tag(one) == tag(Card("BOARD", Named("Wins")))
    assert tag(one) != tag(other)
    assert tag(one).startswith('"')
