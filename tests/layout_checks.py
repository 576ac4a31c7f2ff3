"""What holds of every figure laid out by hand: its text lies inside it, apart, large enough, and its bytes do not change."""

from itertools import combinations

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from cruxes.figures import style

WIDTHS = ("narrow", "wide")
PIXELS_PER_POINT = 96.0 / 72.0


def texts(figure):
    return [one for one in figure.findobj(Text) if one.get_visible() and one.get_text().strip()]


def boxes(figure):
    """(text, the box of its letters, without what is painted behind them)."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    return [(one.get_text(), Text.get_window_extent(one, renderer)) for one in texts(figure)]


def outside(figure):
    """Texts that reach over an edge."""
    whole = figure.bbox
    return [
        text for text, box in boxes(figure)
        if box.x0 < 0 or box.y0 < 0 or box.x1 > whole.width or box.y1 > whole.height
    ]  # fmt: skip


def colliding(figure):
    """Pairs of texts that overlap by more than a pixel each way."""
    return [
        (a, b) for (a, p), (b, q) in combinations(boxes(figure), 2)
        if min(p.x1, q.x1) - max(p.x0, q.x0) > 1.0 and min(p.y1, q.y1) - max(p.y0, q.y0) > 1.0
    ]  # fmt: skip


def too_small(figure):
    return [one.get_text() for one in texts(figure) if one.get_fontsize() * PIXELS_PER_POINT < 10.0]


def holds(picture):
    """Raises AssertionError where one of these fails, at either width."""
    for width in WIDTHS:
        figure = picture.draw(width)
        assert figure.get_figwidth() == style.INCHES[width]
        assert outside(figure) == []
        assert too_small(figure) == []
        assert colliding(figure) == []
        assert style.svg(figure) == style.svg(picture.draw(width))


def by_gid(figure):
    return {one.get_gid(): one for one in figure.findobj() if one.get_gid()}
