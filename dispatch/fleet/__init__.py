"""A choice of trucks in people's hands: lines, a record, a page with the curve, a workbook."""
