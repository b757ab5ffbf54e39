"""A document as one HTML file: styles and figures within, no script, no request, every text escaped by the template."""

from functools import cache
from typing import Any

from tunelet._version import __version__
from tunelet.explain import explanation_styles
from tunelet.report._document import Document
from tunelet.report._palette import css_variables, for_page


def render_html(document: Document) -> str:
    """The report as one page that needs no other file."""
    from markupsafe import Markup

    figures = {figure.name: Markup(for_page(figure.svg)) for figure in document.figures}  # noqa: S704  (our own SVG)
    page: str = _template().render(
        document=document,
        svg=figures,
        light=css_variables(dark=False),
        dark=css_variables(dark=True),
        explained=explanation_styles(),
        version=__version__,
    )
    return page


@cache
def _template() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("tunelet.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html")
