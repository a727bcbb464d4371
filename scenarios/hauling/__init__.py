"""Hauls of the day: from transfer stations to where their waste goes on."""
