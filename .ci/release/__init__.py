"""Makes what users install: archives for krew, their manifest, and the checks on both."""
