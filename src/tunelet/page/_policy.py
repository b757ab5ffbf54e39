"""The Content-Security-Policy of the page: what it may load, from where, and that no text becomes markup."""

from typing import Literal

Source = Literal["http", "browser"]

_ALL = {
    "default-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "object-src": "'none'",
}
_OF: dict[Source, dict[str, str]] = {
    # Strings become markup in one place alone: figure.js, which reads the ROC curve.
    "http": {"frame-ancestors": "'none'", "require-trusted-types-for": "'script'", "trusted-types": "figure"},
    # The runtime is WebAssembly; a page from a folder has no headers, and a `meta` element knows no frame-ancestors.
    "browser": {"script-src": "'self' 'wasm-unsafe-eval'"},
}


def policy(source: Source) -> str:
    """The policy of the page for a source: no script and no style but its own files, and no other host."""
    return "; ".join(f"{name} {value}" for name, value in (_ALL | _OF[source]).items())
