"""The track record of encodings: scores against the baseline, coverage, what hangs on two streams, and the history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from cruxes.figures import spoken, style, ticks
from cruxes.figures.picture import Picture, Width
from priors import decimal_year
from priors.worldview import BASELINE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SCORES_CAPTION = (
    "Log score of the rows published since each view was stated, less that of the baseline on the same rows (nats; to the "
    "right is better). Thick tick: Monte Carlo error; bar: 10 to 90 % over other fair encodings of the same words. These "
    "are scores of encodings, not of persons, on few and correlated rows."
)
COVERAGE_CAPTION = (
    "Of readings that came in the six months after a past day, the share that lay inside the intervals forecast on that day; "
    "on the diagonal intervals are as wide as they should be, below it too narrow. Bars: 90 % binomial intervals, too narrow "
    "themselves since outcomes of one forecast share their luck. On the left the newest editions cut at the release dates, "
    "on the right only what was public."
)
WITHOUT_CAPTION = (
    "Probability of {event} by the end of 2030 after the evidence: with all rows, without one lab's chart of its own R&D "
    "tasks, and without METR's time horizons. Bars are two standard errors. In brackets the probability of never with "
    "all rows."
)
HISTORY_CAPTION = (
    "Probability of {event} by the end of 2030, from the day on which each view was stated: on past days as the ledger stood "
    "then, with the rows public by then and no others. Pale band: two standard errors. At the right the newest, and in "
    "brackets the probability of never."
)
SELECTIONS = {"all": "all rows", "without own employer's": "not own firm's", "without self-reports": "no self-reports"}
KINDS = {"horizon": ("METR horizons", "#0072B2", "o"), "share": ("R&D shares", "#C77C00", "s")}
CLOCKS = {"observed": "newest editions", "published": "as published"}
LEFT_OUT = {"": ("all rows", "o"), "share": ("without R&D shares", "s"), "horizon": ("without METR", "^")}


def scores(totals: pd.DataFrame) -> Picture:
    """``totals`` as of `forecast.scoring.totals`."""
    table = totals[totals["worldview"] != BASELINE].reset_index(drop=True)
    whole = table[table["selection"] == "all"]
    better = int((whole["difference"] > 0).sum())
    open_ones = int(((whole["difference_low"] < 0) & (whole["difference_high"] > 0)).sum())
    title = f"{better} of {len(whole)} encodings foresaw the rows since better than the baseline"
    title += f"; for {open_ones} the sign depends on how the words are put into numbers" if open_ones else ""
    alt = f"{title}. " + " ".join(
        f"{_sentence(row['worldview'])}, on {int(row['rows_common'])} rows ({SELECTIONS[row['selection']]}): "
        f"{row['difference']:+.1f} nats, {row['difference_low']:+.1f} to {row['difference_high']:+.1f} over fair encodings."
        for row in table.to_dict(orient="records")
    )
    return Picture(name="track-record", title=title, alt=alt, caption=SCORES_CAPTION, data=table,
                   draw=lambda width: _draw_scores(table, width))  # fmt: skip


def _sentence(worldview: str) -> str:
    """Whose encoding it is, at the head of a sentence."""
    who = spoken.after(worldview)
    return who[:1].upper() + who[1:]


def _short(worldview: str) -> str:
    return worldview if worldview == BASELINE else style.name_of(worldview)


def _draw_scores(table: pd.DataFrame, width: Width) -> Figure:
    with style.house():
        names = sorted(dict.fromkeys(table["worldview"]))
        places, labels, y = [], [], 0.0
        for name in names:
            for row in table[table["worldview"] == name].to_dict(orient="records"):
                places.append((y, row))
                labels.append((y, f"{style.name_of(name)}, {SELECTIONS[row['selection']]}"
                               if row["selection"] == "all" else SELECTIONS[row["selection"]]))  # fmt: skip
                y += 1.0
            y += 0.5
        figure = style.bare(width, 0.7 + 0.22 * y)
        axes = figure.subplots()
        axes.axvline(0.0, color=style.FAINT, linewidth=0.8)
        axes.grid(axis="x")
        for at, row in places:
            look, whole = style.mark(row["worldview"]), row["selection"] == "all"
            axes.plot([row["difference_low"], row["difference_high"]], [at, at], color=look.colour,
                      linewidth=3.0 if whole else 1.4, alpha=0.45, solid_capstyle="butt",
                      gid=f"range-{row['worldview']}-{row['selection']}")  # fmt: skip
            error = row["difference_mcse"] if row["difference_mcse"] == row["difference_mcse"] else 0.0
            axes.plot([row["difference"] - error, row["difference"] + error], [at, at], color=look.colour, linewidth=4.5,
                      solid_capstyle="butt")  # fmt: skip
            axes.plot(row["difference"], at, marker=look.marker, color=look.colour, markersize=6.0 if whole else 4.0,
                      markeredgecolor=style.PAPER, markeredgewidth=0.6, linestyle="none",
                      gid=f"score-{row['worldview']}-{row['selection']}")  # fmt: skip
        axes.set_yticks([at for at, _ in labels], [text for _, text in labels])
        axes.set_ylim(y - 1.0, -0.8)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel("nats better than the baseline" if width == "wide" else "nats against the baseline")
        ticks.keep_inside(axes)
        return figure


def coverage(table: pd.DataFrame) -> Picture:
    """``table`` as of `cruxes.record_tables.coverage`; all stands together are drawn."""
    whole = table[table["stand"] == "all"].reset_index(drop=True)
    nine = whole[whole["level"] == 0.9]
    said = [
        f"{round(row['covered'] * row['outcomes'])} of {row['outcomes']} {KINDS[row['kind']][0]} ({CLOCKS[row['clock']]})"
        for row in nine.to_dict(orient="records")
    ]
    title = f"90 % intervals of past forecasts covered {style.listed(said)}"
    alt = f"{title}. " + " ".join(
        f"{CLOCKS[row['clock']].capitalize()}, {KINDS[row['kind']][0]}: {100 * row['level']:.0f} % intervals covered "
        f"{100 * row['covered']:.0f} % of {row['outcomes']} ({100 * row['low']:.0f} to {100 * row['high']:.0f} %)."
        for row in whole.to_dict(orient="records")
    )
    return Picture(name="backtest-coverage", title=title, alt=alt, caption=COVERAGE_CAPTION, data=table,
                   draw=lambda width: _draw_coverage(whole, width))  # fmt: skip


def _draw_coverage(table: pd.DataFrame, width: Width) -> Figure:
    with style.house():
        figure = style.bare(width, 2.4 if width == "narrow" else 3.3)
        axes = figure.subplots(1, len(CLOCKS), sharex=True, sharey=True)
        for place, (clock, words) in zip(axes, CLOCKS.items(), strict=True):
            place.plot([40, 100], [40, 100], color=style.FAINT, linewidth=0.8, linestyle=(0.0, (3.0, 2.0)))
            for i, (kind, (name, colour, marker)) in enumerate(KINDS.items()):
                own = table[(table["clock"] == clock) & (table["kind"] == kind)]
                at = 100.0 * own["level"] + (2.0 * i - 1.0)
                place.vlines(at, 100.0 * own["low"], 100.0 * own["high"], color=colour, linewidth=1.4)
                place.plot(at, 100.0 * own["covered"], marker=marker, color=colour, linestyle="none", markersize=5.0,
                           label=name, gid=f"covered-{clock}-{kind}")  # fmt: skip
            place.set_title(words, loc="left", pad=4)
            levels = sorted(table["level"].unique())
            place.set_xticks([100 * level for level in levels], [f"{100 * level:.0f}" for level in levels])
            place.set_xlim(42, 98)
            place.set_ylim(0, 103)
            place.set_yticks(range(0, 101, 20))
            place.grid(axis="y")
            place.set_xlabel("interval, %" if width == "narrow" else "interval that was forecast, percent")
        axes[0].set_ylabel("covered, %" if width == "narrow" else "covered, percent")
        handles, names = axes[0].get_legend_handles_labels()
        figure.legend(handles, names, loc="outside lower center", ncols=2, frameon=False, fontsize=8.0)
        return figure


def without(headlines: pd.DataFrame, *, event: str) -> Picture:
    """``headlines`` as of `cruxes.evidence_tables.headlines`; one event."""
    table = headlines[headlines["event"] == event].reset_index(drop=True)
    every = table[table["without"] == ""].set_index("worldview")
    names = list(dict.fromkeys(table["worldview"]))
    gaps = {
        kind: {name: float(_one(table, name, kind)["p"] - every.loc[name, "p"]) for name in names}
        for kind in ("share", "horizon")
    }
    spans = {kind: (min(by.values()), max(by.values())) for kind, by in gaps.items()}
    title = (
        f"{event} by 2030 without one lab's R&D chart: {100 * spans['share'][0]:+.0f} to {100 * spans['share'][1]:+.0f} points; "
        f"without METR: {100 * spans['horizon'][0]:+.0f} to {100 * spans['horizon'][1]:+.0f}"
    )
    alt = f"{title}. " + " ".join(
        f"{_sentence(str(name))}: {spoken.percent(every.loc[name, 'p'])} with all rows, "
        f"{spoken.percent(_one(table, name, 'share')['p'])} without R&D shares, {spoken.percent(_one(table, name, 'horizon')['p'])} without "
        f"METR; never {spoken.percent(every.loc[name, 'never'])}."
        for name in names
    )
    return Picture(name=f"without-{event.lower()}", title=title, alt=alt, caption=WITHOUT_CAPTION.format(event=event),
                   data=table, draw=lambda width: _draw_without(table, names, width))  # fmt: skip


def _one(table: pd.DataFrame, worldview: str, left_out: str) -> pd.Series:
    return table[(table["worldview"] == worldview) & (table["without"] == left_out)].iloc[0]


def _draw_without(table: pd.DataFrame, names: Sequence[str], width: Width) -> Figure:
    from matplotlib.lines import Line2D

    with style.house():
        figure = style.bare(width, 0.95 + 0.42 * len(names))
        axes = figure.subplots()
        axes.grid(axis="x")
        labels = []
        for i, name in enumerate(names):
            look = style.mark(name)
            for j, kind in enumerate(LEFT_OUT):
                row = _one(table, name, kind)
                centre, half, at = 100.0 * row["p"], 200.0 * row["mcse"], i + 0.24 * (j - 1)
                axes.plot([centre - half, centre + half], [at, at], color=look.colour, linewidth=1.2)
                axes.plot(centre, at, marker=LEFT_OUT[kind][1], color=look.colour, markersize=5.0, linestyle="none",
                          markerfacecolor=look.colour if kind == "" else style.PAPER, gid=f"without-{name}-{kind}")  # fmt: skip
            labels.append(f"{_short(name)} ({spoken.percent(_one(table, name, '')['never'])})")
        axes.set_yticks(range(len(names)), labels)
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.tick_params(axis="y", length=0)
        axes.set_xlim(-2, 100)
        axes.set_xlabel("percent by the end of 2030")
        ticks.keep_inside(axes)
        handles = [
            Line2D([], [], marker=marker, color=style.INK, linestyle="none", markersize=5.0, label=words,
                   markerfacecolor=style.INK if kind == "" else style.PAPER)
            for kind, (words, marker) in LEFT_OUT.items()
        ]  # fmt: skip
        figure.legend(handles=handles, loc="outside lower center", ncols=2 if width == "narrow" else 3, frameon=False,
                      fontsize=8.0, handletextpad=0.2)  # fmt: skip
        return figure


def history(table: pd.DataFrame, *, event: str) -> Picture:
    """``table`` as of `cruxes.record_tables.history`; one event, a line for each worldview."""
    own = table[table["event"] == event].reset_index(drop=True)
    names = list(dict.fromkeys(own["worldview"]))
    ends = {name: (part.iloc[0], part.iloc[-1]) for name, part in own.groupby("worldview", sort=False)}
    moved = max(names, key=lambda name: abs(ends[name][1]["p"] - ends[name][0]["p"]))
    first, last = ends[moved]
    title = (
        f"{event} by 2030: {style.name_of(moved)} has moved most, from {spoken.percent(first['p'])} ({first['day']}) to "
        f"{spoken.percent(last['p'])} ({last['day']})"
    )
    alt = f"{title}. " + " ".join(
        f"{_sentence(str(name))}: {spoken.percent(a['p'])} as stated on {a['day']}, {spoken.percent(b['p'])} on {b['day']}, never "
        f"{spoken.percent(b['never'])}."
        for name, (a, b) in ends.items()
    )
    return Picture(name=f"history-{event.lower()}", title=title, alt=alt, caption=HISTORY_CAPTION.format(event=event),
                   data=own, draw=lambda width: _draw_history(own, names, width))  # fmt: skip


def _draw_history(table: pd.DataFrame, names: Sequence[str], width: Width) -> Figure:
    with style.house():
        figure = style.bare(width, 3.6 if width == "narrow" else 3.8)
        axes = figure.subplots()
        axes.grid(axis="y")
        ends = []
        for name in names:
            part = table[table["worldview"] == name]
            look = style.mark(name)
            years = [decimal_year(date.fromisoformat(day)) for day in part["day"]]
            p, half = 100.0 * part["p"].to_numpy(), 200.0 * part["mcse"].to_numpy()
            axes.fill_between(years, p - half, p + half, color=look.colour, alpha=0.12, linewidth=0)
            axes.plot(years, p, color=look.colour, linestyle=look.line, marker=look.marker, markersize=4.2,
                      gid=f"history-{name}")  # fmt: skip
            never = spoken.percent(float(part["never"].iloc[-1]))
            ends.append((float(p[-1]), f"{_short(name)} {spoken.percent(p[-1] / 100.0)} ({never})", look.colour))
        start = min(decimal_year(date.fromisoformat(day)) for day in table["day"])
        stop = max(decimal_year(date.fromisoformat(day)) for day in table["day"])
        room = 0.75 if width == "narrow" else 0.3
        _label_ends(axes, ends, at=stop + (0.06 if width == "narrow" else 0.025) * (stop - start))
        axes.set_xlim(start - 0.03, stop + room * (stop - start))
        quarters = [year + quarter / 4 for year in range(int(start), int(stop) + 1) for quarter in range(4)]
        quarters = [tick for tick in quarters if start - 0.03 <= tick <= stop]
        quarters = quarters[::2] if width == "narrow" else quarters
        axes.set_xticks(quarters, [f"{('Jan', 'Apr', 'Jul', 'Oct')[round(4 * (t % 1))]} {int(t)}" if width == "wide" else
                                f"{('Jan', 'Apr', 'Jul', 'Oct')[round(4 * (t % 1))]} ’{int(t) % 100}" for t in quarters])  # fmt: skip
        axes.set_ylim(-3, 100)
        axes.set_ylabel("percent by the end of 2030")
        ticks.keep_inside(axes)
        return figure


def _label_ends(axes: Axes, ends: Sequence[tuple[float, str, str]], *, at: float) -> None:
    """Each line's name beside its end, moved apart where two would lie on one another."""
    from matplotlib.colors import to_rgb

    ordered = sorted(ends)
    for (_, text, colour), place in zip(ordered, _apart([value for value, _, _ in ordered]), strict=True):
        dark = tuple(0.8 * part for part in to_rgb(colour))
        axes.text(at, place, text, va="center", fontsize=8.0, color=dark)


def _apart(values: Sequence[float], *, least: float = 6.0, bounds: tuple[float, float] = (0.0, 97.0)) -> list[float]:
    """Rising values moved as little as it takes to lie ``least`` from one another, within bounds."""
    found = list(values)
    for _ in range(200):
        for i in range(len(found) - 1):
            short = least - (found[i + 1] - found[i])
            if short > 0.0:
                found[i], found[i + 1] = found[i] - 0.5 * short, found[i + 1] + 0.5 * short
        found[0], found[-1] = max(found[0], bounds[0]), min(found[-1], bounds[1])
    return found
