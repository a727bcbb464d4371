"""Problems too large for one search: cut into parts, joined, and cut along other borders."""
