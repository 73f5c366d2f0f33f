"""What is wrong with the layout of a page, as a browser shows it: a page that is wider than the
window, text that is cut, days and short words in two lines, and what axe finds."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

#: Days, as English and German write them, and words that stand in two lines. Names and codes may be
#: broken anywhere, as what has more than 30 letters, and words of more than four letters where the
#: browser hyphenates them.
BROKEN = r"""
() => {
  const found = [];
  const days = /\b(\d{4}-\d\d-\d\d|\d\d\.\d\d\.\d{4})\b/g;
  const words = /(?<![\p{L}\d_\u00AD])\p{L}{2,30}(?![\p{L}\d_\u00AD])/gu;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode());) {
    if (!node.parentElement.checkVisibility() || node.parentElement.closest('.hidden')) continue;
    const isFree = node.parentElement.closest('bdi, code, pre, .long');
    const longest = getComputedStyle(node.parentElement).hyphens === 'auto' ? 4 : Infinity;
    const whole = isFree ? [] : [...node.data.matchAll(words)];
    const pieces = [
      ...node.data.matchAll(days), ...whole.filter((word) => word[0].length <= longest),
    ];
    for (const match of pieces) {
      const range = document.createRange();
      range.setStart(node, match.index);
      range.setEnd(node, match.index + match[0].length);
      if (new Set([...range.getClientRects()].map((line) => line.top)).size > 1)
        found.push(`${match[0]} is broken: ${node.data.trim().slice(0, 60)}`);
    }
  }
  return found;
}
"""
#: Each piece of text, with the boxes between it and the page. Text is cut where a box that hides
#: what overflows ends before it, where it leaves its cell, and where it leaves the window without a
#: box that scrolls, which the keyboard has to reach. A name ends in an ellipsis on purpose: its
#: page has it whole. What is hidden from the eye alone is for screen readers.
CUT = """
() => {
  const found = new Set();
  const note = (node, why) => found.add(`${why}: ${node.data.trim().slice(0, 60)}`);
  const isReached = (box) => box.tabIndex >= 0 || box.querySelector('a, button, input, [tabindex]');
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode());) {
    const parent = node.parentElement;
    if (!node.data.trim() || parent.closest('.hidden, .skip, script, noscript, option, textarea')
        || !parent.checkVisibility({visibilityProperty: true})) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const text of range.getClientRects()) {
      if (text.width < 1) continue;
      let scrolls = false, inCell = false;
      for (let box = parent; box && box !== document.body; box = box.parentElement) {
        const edges = box.getBoundingClientRect(), style = getComputedStyle(box);
        const leaves = text.right > edges.right + 1 || text.left < edges.left - 1;
        if (!inCell && /^T[HD]$/.test(box.tagName)) {
          inCell = true;
          if (leaves) note(node, 'leaves its cell');
        }
        if (style.overflowX === 'visible') continue;
        if (/auto|scroll/.test(style.overflowX)) {
          if (leaves && !isReached(box)) note(node, 'no key scrolls to');
          scrolls = true;
          break;
        }
        if (leaves && style.textOverflow !== 'ellipsis') note(node, 'is cut');
        if (style.textOverflow === 'ellipsis') { scrolls = true; break; }
        if (text.bottom > edges.bottom + 1) note(node, 'is cut below');
      }
      if (!scrolls && (text.right > innerWidth + 1 || text.left < -1)) note(node, 'is outside');
    }
  }
  return [...found];
}
"""
_WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def faults(page: Page) -> list[str]:
    """What is wrong with the layout of a page at the width of its window."""
    wider = page.evaluate(_WIDER)
    cut: list[str] = page.evaluate(CUT)
    broken: list[str] = page.evaluate(BROKEN)
    return [*([f"{wider} pixels wider than the window"] if wider > 0 else []), *cut, *broken]


def violations(page: Page) -> list[tuple[str, list[str]]]:
    """What axe finds on a page, of every impact: the rule, and the first elements that break it."""
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [(one["id"], [node["html"][:200] for node in one["nodes"][:3]]) for one in found]
