"""A comparison of scenarios in people's hands: lines, a page, a workbook."""
