"""Tests of solving in parts."""
