"""Words and numbers as people read them, the same on the command line, in figures and in the book."""

from __future__ import annotations

HEADLINES = ("LOOP", "SWX3", "ECON10")
MEANINGS = {
    "RE": "AI can do four fifths of AI R&D: the research engineer's role",
    "LOOP": "a frontier system can train its own successor, no human involved",
    "M2": "AI has doubled the pace of frontier progress, compute included",
    "SWX3": "three years of progress within twelve months, from software alone",
    "SWX5": "five years of progress within twelve months, from software alone",
    "SWX10": "ten years of progress within twelve months, from software alone",
    "X100": "software a hundredfold beyond its level at LOOP, on fixed compute",
    "ASI": "vastly better than the best humans at nearly every cognitive task",
    "ECON10": "world output grows by 10 % or more in a year",
    "ECON30": "world output grows by 30 % or more in a year",
    "LOC": "loss of control over frontier systems, not reversible",
    "PAUSE": "a binding, verified halt of frontier training",
}
BY = (2028, 2030, 2035, 2050)
LEVELS = (0.1, 0.5, 0.9)
RARE = 0.01
"""Probability of ever, below which dates "if ever" rest on a handful of draws and are not shown."""
STREAMS = {
    "horizon": "METR time horizons",
    "share": "Shares of R&D tasks at one lab",
    "benchmark": "R&D benchmarks",
    "uplift": "Speed-up of people",
    "pace": "Pace of a lab",
    "returns": "Returns to research",
    "compute_growth": "Growth of training compute",
    "software_pace": "Pace of software",
    "diffusion": "Spread of AI in the economy",
    "inputs": "Spending and capacity",
    "paradigm": "New paradigms",
    "none": "Not read",
}
"""Kinds of series in words."""

PLACED_STREAMS = {
    "horizon-p50": "METR horizons, 50 %",
    "horizon-p80": "METR horizons, 80 %",
    "share-al3": "R&D shares, level 3",
    "share-al4": "R&D shares, level 4",
    "uplift-self-report": "Speed-up, self-reports",
    "uplift-rct": "Speed-up, trials",
    "benchmarks": "All benchmarks",
    "process noise": "Process noise",
    "all rows": "All rows",
}
"""Streams of `forecast.trust.predictive_checks` that are no benchmark."""
VARIANT_NAMES = {"": "all rows", "share": "without R&D share", "horizon": "without METR"}


def percent(p: float) -> str:
    """A probability as people read it: never 0 or 100 unless it is."""
    if p <= 0.0 or p >= 1.0:
        return f"{100 * p:.0f}"
    return "<1" if p < 0.005 else ">99" if p > 0.995 else f"{100 * p:.0f}"


def year_month(year: float) -> str:
    """A date to a month: 2028.4 is "May 2028"."""
    from priors import calendar_date

    day = calendar_date(year)
    return f"{_MONTHS[day.month - 1]} {day.year}"


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def figure_with_unit(value: float, unit: str) -> str:
    """A number of the trust report: three digits, or the whole of a count, with its unit."""
    return f"{_three_digits(float(value))} {unit}".strip()


def bound(low: float, high: float) -> str:
    """Where a number of the trust report has to lie."""
    below, above = low == float("-inf"), high == float("inf")
    if below and above:
        return "for information"
    if below:
        return f"at most {_three_digits(high)}"
    if above:
        return f"at least {_three_digits(low)}"
    if low == high:
        return f"exactly {_three_digits(low)}"
    return f"{_three_digits(low)} to {_three_digits(high)}"


def _three_digits(value: float) -> str:
    return f"{value:.0f}" if 100 <= abs(value) < 1e6 or value in range(100) else f"{value:.3g}"


def stream_name(stream: str) -> str:
    """A stream of readings as people say it; a benchmark by its own name."""
    from forecast.bands import BENCHMARKS

    return BENCHMARKS.get(stream) or PLACED_STREAMS.get(stream) or STREAMS.get(stream, stream)
