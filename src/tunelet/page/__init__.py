"""The page room: a page to try models on, of plain HTML, CSS and ES modules, without a build step.

`files` gives the page for one of its two sources: a service over HTTP, or a model that runs in the browser itself;
`about` is what the page says of a run beside its answers.
"""

from tunelet.page._about import About, AboutMetric, about
from tunelet.page._files import files
from tunelet.page._policy import Source, policy

__all__ = ["About", "AboutMetric", "Source", "about", "files", "policy"]
