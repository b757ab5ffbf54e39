"""The docs site's pages that lie at the root of the repository, as a hook of MkDocs (`mkdocs.yml`)."""

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

_ROOT = Path(__file__).parents[1]
_PAGES = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}


def on_files(files: Any, config: Any) -> Any:
    """Add the pages, with links that lead where they lie on the site."""
    for name, page in _PAGES.items():
        text = (_ROOT / name).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=re.sub(r"\]\(docs/", "](", text)))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Links to those pages, from any page."""
    for name, page in _PAGES.items():
        markdown = re.sub(rf"\]\((?:\.\./)?{re.escape(name)}\)", f"]({page})", markdown)
    return markdown
