"""What people believe about recursive self-improvement, as data: variables, worldviews, elicitation, checks."""

from priors.dates import calendar_date, decimal_year
from priors.elicit import Elicited, Link, elicit_all, from_real, quantile, to_real, values
from priors.problems import BadInput, Problem
from priors.schema import Belief, Event, Role, Support, Target, Variable
from priors.worldview import Worldview, broad, json_schema, load, load_all, names, packaged, shared, variables, voices

__all__ = [
    "BadInput",
    "Belief",
    "Elicited",
    "Event",
    "Link",
    "Problem",
    "Role",
    "Support",
    "Target",
    "Variable",
    "Worldview",
    "broad",
    "calendar_date",
    "decimal_year",
    "elicit_all",
    "from_real",
    "json_schema",
    "load",
    "load_all",
    "names",
    "packaged",
    "quantile",
    "shared",
    "to_real",
    "values",
    "variables",
    "voices",
]
