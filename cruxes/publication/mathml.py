"""LaTeX to MathML, which browsers set and screen readers read without a script."""

from __future__ import annotations


def mathml(latex: str, *, block: bool) -> str:
    """Raises ValueError for a formula that cannot be read."""
    from math_core import LatexError, LatexToMathML

    try:
        return str(LatexToMathML(pretty_print="never").convert_with_local_state(latex.strip(), displaystyle=block))
    except LatexError as error:
        raise ValueError(f"cannot read the formula {latex!r}: {error}") from None


def display(latex: str) -> str:
    """A formula on lines of its own; a wide one scrolls by itself, also from the keyboard."""
    return (
        f'<div class="rsi-equation" role="group" aria-label="Equation" tabindex="0">{mathml(latex, block=True)}</div>'
    )
