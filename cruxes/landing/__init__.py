"""Where does a reader land: a stored bank of futures, and what it says of a reader who sets some of the cruxes."""
