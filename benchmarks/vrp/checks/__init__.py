"""Cost and rules of plain routes by each set's convention, from the numbers of the file alone."""
