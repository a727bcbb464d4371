"""What stands in the files, as plain numbers: no convention is applied here."""
