"""Faults planted one at a time, each of which a test must catch: `python -m tests.mutations`.

The faults are in `mutations.toml`, in words, with the tests that have to notice. The runner copies the working tree,
plants one, runs those tests there and tells whether one of them failed. Nothing in the working tree is touched.
"""
