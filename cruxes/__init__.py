"""Why forecasts differ: comparison, attribution, what would settle it, and the command line."""
