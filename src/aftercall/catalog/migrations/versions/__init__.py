"""One file per schema version, in order; never edited once released."""
