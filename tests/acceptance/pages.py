"""What a browser asks of pages, and what every page is."""

import re

import httpx

HTML = {"Accept": "text/html,application/xhtml+xml"}
BOARD = "lb_pvp_monthly_wins"
#: What somebody may call themselves: markup, an emoji, a name from right to left.
HOSTILE = "<script>alert(1)</script>🐉שלום"
#: The longest id of a cluster.
LONG = "x" * 64
ADMIN = [
    "/admin",
    "/admin/runs/1",
    "/admin/tables",
    "/admin/chains",
    "/admin/boards",
    "/admin/boards/edit",
    f"/admin/boards/edit?key={BOARD}",
    "/admin/boards/season",
    "/admin/boards/season?season=spring",
    "/admin/calibration",
    "/admin/calibration?challenge=arena_victor&at=1&at=4&at=10&at=1e3",
    "/admin/calibration?challenge=hero_riser&population=active",
    # a feat has nothing to calibrate
    "/admin/calibration?challenge=crowned_jeweler",
]


def check(answer: httpx.Response, status: int = 200) -> str:
    """What every page is: small, headed, titled, and without anything inline."""
    assert answer.status_code == status, answer.text[:2000]
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert len(answer.content) < 100_000
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "style-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    page = answer.text
    assert page.count("<h1") == page.count("<main") == 1
    assert not re.search(r"<[^>]*\s(style|on\w+)=", page)
    assert re.findall(r"<script[^>]*>(.*?)</script>", page) == [""]
    # those of the same page in other languages have to be whole, and nothing loads them
    loading = re.sub(r'<link rel="alternate" [^>]*>', "", page)
    for address in re.findall(r"(?:src|href|action)=\"([^\"]*)\"", loading):
        assert address.startswith(("/", "?", "#", "data:image/svg+xml,")), address
        assert not address.startswith("//")
    for field in re.findall(r"<(?:input|select|textarea)[^>]* id=\"(\w+)\"", page):
        assert f'for="{field}"' in page, field
    return page


def submit(browser: httpx.Client, path: str, **fields: str) -> str:
    """Send a form and follow its redirect, as a browser does."""
    answer = browser.post(path, data=fields, headers=HTML)
    assert answer.history
    assert answer.history[0].status_code == 303
    return check(answer)
