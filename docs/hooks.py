"""MkDocs hooks: the pages at the top level of the repository become pages of the site.

README.md is the start page. A link works in the repository and on the site: a page of docs/
links to ../CONTRIBUTING.md, and the README links to docs/load.md.
"""

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

#: Files of the top level, and the pages of the site that are made from them.
PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "security.md",
}
_LINK = re.compile(r"\]\((?P<target>[^)#:\s]+\.md)(?P<anchor>#[^)\s]*)?\)")


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the files of the top level to those of docs/."""
    top = Path(config.config_file_path).parent
    for source, page in PAGES.items():
        text = relinked((top / source).read_text(encoding="utf-8"))
        files.append(File.generated(config, page, content=text))
    return files


def on_page_markdown(markdown: str, **_: object) -> str:
    """Let links to files of the top level lead to their pages."""
    return relinked(markdown)


def relinked(markdown: str) -> str:
    """Markdown whose links name pages of the site instead of files of the repository."""

    def page(link: re.Match[str]) -> str:
        target = link["target"].removeprefix("../").removeprefix("docs/")
        return f"]({PAGES.get(target, target)}{link['anchor'] or ''})"

    return _LINK.sub(page, markdown)
