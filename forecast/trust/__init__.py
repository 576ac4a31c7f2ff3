"""Why anyone should believe a forecast: the model measured against itself, simulated truths, other models and other data.

Nothing that makes a forecast imports this package (`tests/test_arrows.py`), so a change here leaves forecasts as they are.

    found = calibration.measure(context)     # each check module has one `measure`
    records.write(found, context, folder)    # kept with the hashes of what it was measured on
    records.read_all(folder)                 # what `rsi trust` prints and the book shows
"""
