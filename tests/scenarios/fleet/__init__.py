"""Tests of choosing a fleet."""
