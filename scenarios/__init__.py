"""A city, a day, a what-if: tables to problems and their plans."""
