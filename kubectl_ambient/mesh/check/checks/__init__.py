"""Every check, one file each: `table.py` finds them here."""
