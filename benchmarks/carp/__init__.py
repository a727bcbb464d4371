"""Public sets of arc routing problems: readers and a checker for each convention."""
