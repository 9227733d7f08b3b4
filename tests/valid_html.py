"""What makes a page no valid HTML: errors of the parser, and elements where the standard does not allow them.

The parser is html5lib, which follows the standard's own algorithm. What may stand in what, which ids must be there and
which attributes an element needs are the rules of the HTML Living Standard for the elements that our pages use.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

CHILDREN = {
    "ul": {"li"},
    "ol": {"li"},
    "dl": {"dt", "dd", "div"},
    "table": {"caption", "colgroup", "thead", "tbody", "tfoot"},
    "thead": {"tr"},
    "tbody": {"tr"},
    "tr": {"th", "td"},
    "select": {"option", "optgroup"},
}
"""The only elements that may stand directly in another."""
PARENTS = {
    "li": {"ul", "ol"},
    "dt": {"dl", "div"},
    "dd": {"dl", "div"},
    "figcaption": {"figure"},
    "summary": {"details"},
    "caption": {"table"},
    "option": {"select", "optgroup", "datalist"},
}
SENTENCES = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "span", "strong", "em", "small", "button", "label", "code"}
SENTENCES |= {"summary", "b", "i", "legend", "time", "output"}
"""Elements that hold a line of text and no block; a summary may hold a heading, and none of ours does."""
BLOCKS = {"div", "p", "ul", "ol", "dl", "table", "figure", "section", "nav", "header", "footer", "main", "article"}
BLOCKS |= {"aside", "form", "fieldset", "hr", "pre", "blockquote", "details", "h1", "h2", "h3", "h4", "h5", "h6"}
PRESSED = {"a", "button", "input", "select", "textarea", "summary"}
"""Elements that a reader presses; none stands in a link or a button."""
NAMED_BY = ("aria-labelledby", "aria-describedby", "aria-controls", "for", "headers", "list")
GONE = {"center", "font", "big", "tt", "strike", "marquee", "frame", "frameset", "acronym"}


def faults_of(page: str) -> list[str]:
    """Say what is wrong with a page; nothing where it is valid."""
    import html5lib

    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    tree = parser.parse(page)
    found = [f"line {line}: {code} {told}" for (line, _), code, told in parser.errors]
    every = list(_walk(tree, ()))
    ids = Counter(element.get("id") for element, _ in every if element.get("id") is not None)
    found += [f"the id {name!r} stands {times} times" for name, times in ids.items() if times > 1]
    found += [f"the id {name!r} is empty or has a space" for name in ids if not name or " " in name]
    for element, holders in every:
        if isinstance(element.tag, str):
            found += _faults_at(element, holders, ids)
    if not tree.get("lang"):
        found.append("the page does not say its language")
    if sum(element.tag == "main" for element, _ in every) > 1:
        found.append("there are two main parts")
    if not any(element.tag == "title" and (element.text or "").strip() for element, _ in every):
        found.append("the page has no title")
    return found


def _faults_at(element: Any, holders: tuple[str, ...], ids: Counter) -> Iterator[str]:
    tag, parent = element.tag, holders[-1] if holders else ""
    if tag in GONE:
        yield f"<{tag}> is no longer HTML"
    if parent in CHILDREN and tag not in CHILDREN[parent] | {"script", "template"}:
        yield f"<{tag}> stands in <{parent}>"
    if tag in PARENTS and parent not in PARENTS[tag]:
        yield f"<{tag}> stands in <{parent}>"
    if tag in BLOCKS and (line := next((one for one in reversed(holders) if one in SENTENCES), None)):
        yield f"<{tag}> stands in <{line}>"
    if (tag in PRESSED or element.get("tabindex")) and (pressed := {"a", "button"} & {*holders}):
        yield f"<{tag}> stands in <{pressed.pop()}>"
    if tag == "img" and element.get("alt") is None:
        yield "an image has no words"
    if tag == "details" and [child.tag for child in element][:1] != ["summary"]:
        yield "<details> does not begin with <summary>"
    if tag == "a" and element.get("href", "").startswith("#") and not ids[element.get("href")[1:]]:
        yield f"the link to {element.get('href')!r} leads nowhere"
    if (element.get("tabindex") or "0") not in ("0", "-1"):
        yield "a place in the order of the keyboard is given by number"
    for name in NAMED_BY:
        for one in (element.get(name) or "").split():
            if not ids[one]:
                yield f"{name} of <{tag}> names {one!r}, which is not there"


def _walk(element: Any, holders: tuple[str, ...]) -> Iterator[tuple[Any, tuple[str, ...]]]:
    yield element, holders
    if isinstance(element.tag, str):
        for child in element:
            yield from _walk(child, (*holders, element.tag))
