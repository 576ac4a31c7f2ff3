"""One module for each kind of page: the blocks that it shows, in HTML, from the tables of the book."""
