"""Sphinx extension of the book: light pages that need no network and no script.

Mathematics becomes MathML when the book is built. A MathJax bundle would weigh more than the rest of a page and do
nothing without a script. An unknown command of LaTeX stops the build.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from cruxes.publication import mathml


def inline(writer: Any, node: nodes.Element) -> None:
    writer.body.append(f'<span class="rsi-math">{mathml.mathml(node.astext(), block=False)}</span>')
    raise nodes.SkipNode


def block(writer: Any, node: nodes.Element) -> None:
    writer.body.append(mathml.display(node.astext()) + "\n")
    raise nodes.SkipNode


def drop_unused(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.Node | None) -> None:
    """Styles of widgets and of terminal colours; book.css has what pages use."""
    context["css_files"] = [file for file in context["css_files"] if "mystnb" not in str(file.filename)]


def read_in_parallel(app: Sphinx) -> None:
    """sphinx-external-toc brings this one along without saying so; it keeps nothing between pages while they are read."""
    if (numbering := app.extensions.get("sphinx_multitoc_numbering")) is not None:
        numbering.parallel_read_safe = True


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    app.connect("builder-inited", read_in_parallel)
    app.connect("html-page-context", drop_unused, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
