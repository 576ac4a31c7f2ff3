"""Tables in, figures out: nothing is computed here that a table does not say."""
