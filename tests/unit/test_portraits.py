"""Pictures of clusters: the same for the same id, and nothing of the id in them."""

import re

import pytest

from api.pages.portraits import portrait

HOSTILE = '"><script>alert(1)</script>'
IDS = [f"cluster-{number}" for number in range(400)]


def test_an_id_has_one_picture_and_nearly_every_id_its_own() -> None:
    drawn = [portrait(one) for one in IDS]
    portrait.cache_clear()
    assert [portrait(one) for one in IDS] == drawn
    assert len(set(drawn)) == len(IDS)
    # ids are told apart by their case
    assert portrait("busy") != portrait("Busy")
    assert {picture.count("<path") for picture in drawn} == {11, 13, 15, 17}


@pytest.mark.parametrize("cluster", ["", HOSTILE, "🐉שלום", "W" * 64, "\ud800", "cluster-1"])
def test_a_picture_is_small_decorative_and_inside_its_frame(cluster: str) -> None:
    picture = portrait(cluster)
    assert re.fullmatch(
        r'<svg class="portrait" [^<>]*aria-hidden="true"[^<>]*>'
        r'(<path fill="hsl\(\d+,\d+%,\d+%\)" d="M[-\d. L]+z"/>)+</svg>',
        picture,
    )
    assert len(picture) < 2000
    for path in re.findall(r' d="M([^"]*)z"', picture):
        corners = [tuple(map(float, corner.split())) for corner in path.split("L")]
        assert len(corners) >= 3
        assert all(x * x + y * y <= 46.1**2 for x, y in corners)


def test_a_picture_is_seen_on_light_and_on_dark() -> None:
    for cluster in IDS[:200]:
        lights = [int(one) for one in re.findall(r",(\d+)%\)", portrait(cluster))]
        assert all(30 <= one <= 80 for one in lights)
