"""What stands in the files of the sets, without a word on how it is solved."""
