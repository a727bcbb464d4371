"""Tests of the coverage of sorting."""
