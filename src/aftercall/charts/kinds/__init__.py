"""Kinds of charts: each file has ``spec(tile, marks, ...)``, the Vega-Lite of one kind without its colours
(names of tokens stand for them) and without a size (whoever draws it gives one)."""
