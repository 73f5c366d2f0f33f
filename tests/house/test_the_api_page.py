"""The examples of docs/api.md are those that the OpenAPI document publishes, which a test compares
with the answers of the service. Where one has changed, HEDGE_RECORD_PUBLISHED=1 writes the page.
"""

import json
import os
import re

from api.described import examples
from tests import PROJECT

PAGE = PROJECT / "docs" / "api.md"
#: An example: the operation that answers with it, in a comment, and the block after it.
EXAMPLE = re.compile(r"<!-- the answer of ([A-Z]+ \S+) -->\n\n```json\n(.*?)\n```", re.DOTALL)


def test_every_example_is_the_published_one() -> None:
    def published(found: re.Match[str]) -> str:
        answer = json.dumps(examples()[found[1]]["answer"], indent=2, ensure_ascii=False)
        return f"<!-- the answer of {found[1]} -->\n\n```json\n{answer}\n```"

    text = PAGE.read_text()
    assert len(EXAMPLE.findall(text)) >= 6
    written = EXAMPLE.sub(published, text)
    if os.environ.get("HEDGE_RECORD_PUBLISHED"):
        PAGE.write_text(written)
    assert PAGE.read_text() == written, "HEDGE_RECORD_PUBLISHED=1 writes the examples anew"


def test_only_the_problem_is_no_published_example() -> None:
    text = PAGE.read_text()
    others = re.findall(r"```json\n(.*?)\n```", EXAMPLE.sub("", text), re.DOTALL)
    (problem,) = (json.loads(block) for block in others)
    assert list(problem) == ["type", "title", "status", "detail", "code", "requestId"]
