"""Evidence on what acts only after today: the spread of AI, the money for compute, ideas of the paradigm class.

These parameters touch no trajectory that has been observed, so they are drawn in the forward simulation alone, and
what the ledger says of them enters as weights on those draws (`evidence`).
"""
