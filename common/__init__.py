"""What every connector needs and none owns; each connector folder links to it, so that it ships with each."""
