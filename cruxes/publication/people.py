"""Who and what the book tells most of. Imports nothing heavy, for pages read it."""

from __future__ import annotations

import priors
from priors.worldview import BASELINE

PEOPLE = tuple(name for name in priors.names() if name != BASELINE)
"""The named five."""

EVENTS = ("LOOP", "SWX3", "ECON10")
"""The loop, takeoff, and what follows for everybody."""
