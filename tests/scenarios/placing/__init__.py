"""Tests of choosing places without tonnage."""
