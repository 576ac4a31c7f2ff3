"""The evidence: one append-only ledger of published observations, and the register of what each series is good for.

book = ledger.read()
frame = selection.use_on(book, date(2026, 5, 4))
"""
