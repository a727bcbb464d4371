"""From the numbers of a file to a problem in which integer costs follow the set's convention."""
