"""A picture of a cluster, made from its id: a cut gem whose facets are its own."""

import functools
import hashlib
import math

from markupsafe import Markup

#: The gem is inside this circle around the origin.
_RADIUS = 46.0
_FACETS = Markup('<path fill="hsl({},{}%,{}%)" d="{}"/>')
_PICTURE = Markup(
    '<svg class="portrait" viewBox="-50 -50 100 100" width="96" height="96" aria-hidden="true"'
    ' focusable="false">{}</svg>'
)


@functools.lru_cache(maxsize=4096)
def portrait(cluster: str) -> Markup:
    """The picture as SVG, which says nothing to a screen reader: the name stands beside it. It is
    the same for the same id, wherever it is drawn, and does not depend on the display name. Its
    colours are visible on light and on dark."""
    digest = hashlib.sha256(cluster.encode("utf-8", "surrogatepass")).digest()
    corners = 5 + digest[0] % 4
    turn = digest[1] / 256 * math.tau / corners
    table = 0.38 + digest[2] / 256 * 0.2
    hue, saturation = digest[3] * 360 // 256, 45 + digest[4] % 30
    # the neighbouring hue of every other facet, 20 to 75 degrees away
    other = (hue + 20 + digest[5] % 56) % 360
    outer = [_at(_RADIUS, turn + number * math.tau / corners) for number in range(corners)]
    inner = [
        _at(_RADIUS * table, turn + (number + 0.5) * math.tau / corners)
        for number in range(corners)
    ]
    facets = []
    for number in range(corners):
        following, before = (number + 1) % corners, (number - 1) % corners
        light = digest[6 + number]
        kite = (outer[number], inner[number], inner[before])
        edge = (outer[number], outer[following], inner[number])
        facets.append(_FACETS.format(hue, saturation, 34 + light % 24, _path(kite)))
        facets.append(_FACETS.format(other, saturation, 42 + light // 16 * 2, _path(edge)))
    facets.append(_FACETS.format(hue, saturation, 62 + digest[20] % 12, _path(inner)))
    return _PICTURE.format(Markup("").join(facets))


def _at(radius: float, angle: float) -> tuple[float, float]:
    return radius * math.sin(angle), -radius * math.cos(angle)


def _path(corners: list[tuple[float, float]] | tuple[tuple[float, float], ...]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in corners) + "z"
