"""Checkers that know nothing of the solvers: cost and rules anew from the numbers of a file."""
