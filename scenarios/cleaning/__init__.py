"""Street cleaning: programmes, runs of street, convoys of passes, the week and the winter."""
