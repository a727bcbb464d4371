"""Measurements run by hand; tests never look at the clock."""
