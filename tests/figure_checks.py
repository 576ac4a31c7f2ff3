"""What every figure keeps to, whatever it shows."""

from itertools import combinations

from matplotlib.text import Text

from cruxes.figures import style

SMALLEST_PIXELS = 10.0


def drawn(picture, width="wide"):
    """The figure with its layout done."""
    figure = picture.draw(width)
    figure.draw_without_rendering()
    return figure


def by_gid(figure):
    """Artists by their name; each name stands once."""
    found = [artist for artist in figure.findobj() if artist.get_gid()]
    assert len({artist.get_gid() for artist in found}) == len(found)
    return {artist.get_gid(): artist for artist in found}


def texts(figure):
    """What is written, with its place in pixels of the figure."""
    found = [t for t in figure.findobj(Text) if t.get_visible() and t.get_text().strip()]
    return [(t.get_text(), t.get_window_extent()) for t in found if t.axes is None or t.axes.get_visible()]


def assert_is_legible(picture, width):
    """Text is large enough, inside the figure, and none runs into another."""
    figure = drawn(picture, width)
    edge = figure.bbox
    sizes = [t.get_fontsize() * 96.0 / 72.0 for t in figure.findobj(Text) if t.get_text().strip()]
    assert min(sizes) >= SMALLEST_PIXELS
    boxes = texts(figure)
    for text, box in boxes:
        assert box.x0 >= edge.x0 - 0.5, text
        assert box.x1 <= edge.x1 + 0.5, text
        assert box.y0 >= edge.y0 - 0.5, text
        assert box.y1 <= edge.y1 + 0.5, text
    straight = [t for t in boxes if t[0] not in rotated(figure)]
    for (a, one), (b, other) in combinations(straight, 2):
        across = min(one.x1, other.x1) - max(one.x0, other.x0)
        along = min(one.y1, other.y1) - max(one.y0, other.y0)
        assert across <= 1.0 or along <= 2.0, f"{a!r} runs into {b!r}"


def assert_is_the_same_each_time(picture, width):
    assert style.svg(picture.draw(width)) == style.svg(picture.draw(width))


def rotated(figure):
    """Slanted labels, whose boxes overlap although they do not."""
    return {t.get_text() for t in figure.findobj(Text) if t.get_rotation() % 90}
