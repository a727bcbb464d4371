"""Public sets of routing problems: readers, a checker for each convention, runner, report."""
