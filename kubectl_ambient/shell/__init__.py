"""Commands for a person to paste: built of words, and made text in one place."""
