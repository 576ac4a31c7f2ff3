"""The command `rsi`: one module per group of verbs, each adding itself to the app through `register(app)`."""
