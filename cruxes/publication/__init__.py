"""What the book prints: tables computed once from the forecasts, and the words, figures and tables that pages take from
them. A page computes nothing; tables whose code, ledger or worldviews have changed since are refused."""

from cruxes.publication.store import Published, Stale, opened

__all__ = ["Published", "Stale", "opened"]
