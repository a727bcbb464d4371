"""Tests of hauls from transfer stations."""
