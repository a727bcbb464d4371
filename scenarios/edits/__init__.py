"""What-ifs as small files: each a list of edits that turn a city into another city."""
