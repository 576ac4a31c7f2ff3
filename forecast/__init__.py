"""From beliefs and evidence to dates."""
