"""Rules in YAML: what is said and counted in a call, and the value that follows from it."""
