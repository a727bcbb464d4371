"""Tests of choosing sites."""
