"""Driving speeds from the log of the trucks' receivers."""
