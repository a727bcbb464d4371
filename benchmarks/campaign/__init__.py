"""What all campaigns on public sets share: running, checking, keeping, measuring, reporting."""
