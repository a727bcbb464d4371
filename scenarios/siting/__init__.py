"""Which of many candidate sites to build, of which size: a location model held against routing."""
