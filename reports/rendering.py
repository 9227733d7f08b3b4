"""How this room reads its templates: everything escaped, nothing undefined, no blank lines where a tag stood."""

import re
from pathlib import Path

from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket
from markupsafe import Markup, escape

from reports.words import Language

_SAID = re.compile(r'{{ say\("([\w.]+)"\) }}')


def templates_in(folder: Path, say: Language | None = None) -> Environment:
    """Give the templates of a folder; a name that a template asks for and nobody gives raises.

    With `say`, texts of that language without places are set when a template is read, not with every page.
    """
    return Environment(
        loader=FileSystemLoader(folder) if say is None else _InOneLanguage(folder, say),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        bytecode_cache=_COMPILED,
    )


def as_code(text: str) -> Markup:
    """Set what stands between backticks as code, and everything else as text."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


class _Compiled(BytecodeCache):
    """Templates compiled, for the next release that this process writes: they are nearly half of a small one's time."""

    def __init__(self) -> None:
        self.made: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if code := self.made.get((bucket.key, bucket.checksum)):
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.made[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


_COMPILED = _Compiled()


class _InOneLanguage(FileSystemLoader):
    def __init__(self, folder: Path, say: Language) -> None:
        super().__init__(folder)
        self.say = say

    def get_source(self, environment: Environment, template: str) -> tuple:
        source, *rest = super().get_source(environment, template)
        return _SAID.sub(lambda found: escape(self.say(found[1])), source), *rest
