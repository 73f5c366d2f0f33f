"""Letters as outlines, by HarfBuzz: widths are those of what is drawn, and a letter that the first
font lacks is drawn from another one."""

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import regex
import uharfbuzz

_FOLDER = Path(__file__).parent / "fonts"
#: The fonts of a style, each for the letters that those before it lack.
_FALLBACKS = ("DejaVuSans.ttf", "wqy-microhei.ttc")
STYLES = {
    "serif": ("NotoSerif-Bold.ttf", *_FALLBACKS),
    "sans": ("NotoSans-Regular.ttf", *_FALLBACKS),
}
#: What shows nothing or turns the direction of what follows.
_UNSEEN = regex.compile(r"[\p{C}\p{Default_Ignorable_Code_Point}]+")
_SPACES = regex.compile(r"\s+")
_LETTER = regex.compile(r"[\p{L}\p{N}]")
_RIGHT_TO_LEFT = regex.compile(r"[\p{Bidi_Class=R}\p{Bidi_Class=AL}]")
_STRONG = regex.compile(r"[\p{Bidi_Class=L}\p{Bidi_Class=R}\p{Bidi_Class=AL}]")
_ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


class Line(NamedTuple):
    """Outlines from the origin to the right, on the base line, in SVG; their width in pixels."""

    svg: str
    width: float


@functools.cache
def _font(file: str) -> uharfbuzz.Font:
    return uharfbuzz.Font(uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(_FOLDER / file))))


@functools.cache
def _pen() -> uharfbuzz.DrawFuncs:
    pen = uharfbuzz.DrawFuncs()
    pen.set_move_to_func(lambda x, y, path: path.append(f"M{x:g} {y:g}"))
    pen.set_line_to_func(lambda x, y, path: path.append(f"L{x:g} {y:g}"))
    pen.set_quadratic_to_func(lambda *xy: xy[-1].append("Q{:g} {:g} {:g} {:g}".format(*xy[:4])))
    pen.set_cubic_to_func(
        lambda *xy: xy[-1].append("C{:g} {:g} {:g} {:g} {:g} {:g}".format(*xy[:6]))
    )
    pen.set_close_path_func(lambda path: path.append("Z"))
    return pen


@functools.lru_cache(2000)
def _outline(file: str, glyph: int) -> str:
    path: list[str] = []
    _font(file).draw_glyph(glyph, _pen(), path)
    return "".join(path)


def _file_of(cluster: str, style: str) -> str | None:
    """The first font of a style that has all characters of a letter with its marks."""
    return next(
        (
            file
            for file in STYLES[style]
            if all(_font(file).get_nominal_glyph(ord(one)) for one in cluster)
        ),
        None,
    )


def clean(text: str, style: str) -> str | None:
    """The text without what shows nothing and without signs that no font has, such as emoji; null
    where a font lacks a letter or a digit, or where nothing is left."""
    kept = []
    for cluster in regex.findall(r"\X", _UNSEEN.sub("", _SPACES.sub(" ", text)).strip()):
        if _file_of(cluster, style) is not None:
            kept.append(cluster)
        elif _LETTER.search(cluster):
            return None
    return _SPACES.sub(" ", "".join(kept)).strip() or None


def _runs(text: str, style: str) -> Iterator[tuple[str, str]]:
    """Stretches of a clean text with the font of each. A space between two letters of the same
    font belongs to their stretch, and one between two fonts is a stretch of its own."""
    clusters = regex.findall(r"\X", text)
    files = [_file_of(cluster, style) or STYLES[style][0] for cluster in clusters]
    kinds = [(file, False) for file in files]
    for place in range(1, len(clusters) - 1):
        if clusters[place] == " ":
            is_between = files[place - 1] != files[place + 1]
            kinds[place] = (files[place if is_between else place - 1], is_between)
    begin = 0
    for place in range(1, len(clusters) + 1):
        if place == len(clusters) or kinds[place] != kinds[begin]:
            yield kinds[begin][0], "".join(clusters[begin:place])
            begin = place


def line(text: str, style: str, size: float) -> Line:
    """The outlines of a clean text. Runs stand from right to left where the first letter that has
    a direction does."""
    runs = list(_runs(text, style))
    strong = _STRONG.search(text)
    if strong and _RIGHT_TO_LEFT.match(strong[0]):
        runs.reverse()
    parts, x = [], 0.0
    for file, run in runs:
        font = _font(file)
        scale = size / font.face.upem
        buffer = uharfbuzz.Buffer()
        buffer.add_str(run)
        buffer.guess_segment_properties()
        uharfbuzz.shape(font, buffer)
        for info, at in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
            left, base = x + at.x_offset * scale, -at.y_offset * scale
            if outline := _outline(file, info.codepoint):
                parts.append(
                    f'<path transform="translate({left:.2f} {base:.2f})'
                    f' scale({scale:.5f} -{scale:.5f})" d="{outline}"/>'
                )
            x += at.x_advance * scale
    return Line("".join(parts), x)


def fitted(text: str, style: str, size: float, width: float) -> Line:
    """The outlines of a clean text, which ends in an ellipsis where it would be wider."""
    whole = line(text, style, size)
    if whole.width <= width:
        return whole
    clusters = regex.findall(r"\X", text)
    fits, too_many = 0, len(clusters)
    while too_many - fits > 1:
        middle = (fits + too_many) // 2
        if line("".join(clusters[:middle]).rstrip() + _ELLIPSIS, style, size).width <= width:
            fits = middle
        else:
            too_many = middle
    return line("".join(clusters[:fits]).rstrip() + _ELLIPSIS, style, size)
