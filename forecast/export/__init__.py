"""Forecasts in the formats of others: Metaculus, Squiggle, hubverse, csv for spreadsheets, and words.

All are pure functions of the long table of `forecast.summary`; `stored` finds that table on disk.
"""
